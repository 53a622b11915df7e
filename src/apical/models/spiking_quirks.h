// SPDX-License-Identifier: Apache-2.0
// Where the published program of spiking burstprop (Payeur et al. 2021, Nature Neuroscience 24) does
// something else than its article says. Every default is the intended behaviour; published() is the program.
#pragma once

#include "apical/circuit/spiking_circuit.h"

namespace apical::spike {

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

/// Gives every part of the circuit that a departure concerns the option it stands for.
void apply(const Quirks& quirks, SpikingCircuit& circuit);

}  // namespace apical::spike
