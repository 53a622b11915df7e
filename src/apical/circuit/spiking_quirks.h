// SPDX-License-Identifier: Apache-2.0
// Where the published program of spiking burstprop (Payeur et al. 2021, Nature Neuroscience 24) does
// something else than its article says. Every default is the intended behaviour; published() is the program.
#pragma once

namespace apical::spike {

/// Driving force of dendritic synapses: g (E - V_dendrite), or with the somatic potential (Q1).
enum class DendriticDrive { dendritic, somatic };

/// What u jumps by at a spike in extended Tsodyks-Markram synapses: f (1-u), or U (1-u) (Q2).
enum class FacilitationJump { f, u_rest };

/// How an event is told from a burst's later spikes (Q3, Q9).
enum class DetectorKind {
  interspike_interval,  ///< an interval longer than the limit starts an event
  accumulating,         ///< a trace (+1 per spike, time constant = the limit) below exp(-1) before the spike
  accumulating_mainline,  ///< the same read after the spike and one step of decay, threshold 1 + exp(-1) (Q9)
};

/// What the presynaptic homeostatic term measures (Q4).
enum class HomeostaticRate {
  events,      ///< the event rate estimate of the rule
  all_spikes,  ///< a 30 s average of all spikes that starts at 0.1 Hz
};

/// Burst probability at a neuron's first event, where the estimate is 0/0 (Q5).
enum class FirstEvent { no_depression, burst_probability_one };

struct Quirks {
  DendriticDrive dendritic_drive = DendriticDrive::dendritic;  ///< Q1
  FacilitationJump facilitation_jump = FacilitationJump::f;    ///< Q2
  DetectorKind detector = DetectorKind::interspike_interval;   ///< Q3, Q9
  int presynaptic_detector_lag_steps = 0;                      ///< Q3: 8 in the program
  HomeostaticRate homeostatic_rate = HomeostaticRate::events;  ///< Q4
  FirstEvent first_event = FirstEvent::no_depression;          ///< Q5
  bool float32_trace_decay = false;           ///< Q6: the per-step factor of a trace rounded to float32
  bool minimum_rate_ignored = false;          ///< Q7: the minimum rate given is not used; 2 Hz is
  double initial_dendritic_adaptation_V = 0;  ///< Q8: 1e-4 in the program

  /// All quirks of the published program (its simulator fork, hence not Q9).
  static Quirks published() {
    return {.dendritic_drive = DendriticDrive::somatic,
            .facilitation_jump = FacilitationJump::u_rest,
            .detector = DetectorKind::accumulating,
            .presynaptic_detector_lag_steps = 8,
            .homeostatic_rate = HomeostaticRate::all_spikes,
            .first_event = FirstEvent::burst_probability_one,
            .float32_trace_decay = true,
            .minimum_rate_ignored = true,
            .initial_dendritic_adaptation_V = 1e-4};
  }
  bool operator==(const Quirks&) const = default;
};

}  // namespace apical::spike
