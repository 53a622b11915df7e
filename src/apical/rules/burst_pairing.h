// SPDX-License-Identifier: Apache-2.0
// Pairing protocols of Payeur et al. 2021 (Nature Neuroscience 24, Fig. 2B-D): one synapse, given spike
// trains, the rule
//   dw = eta [B - (Bbar/Ebar) E] Etilde_pre
// with traces advanced by Euler steps and events told from bursts by the interspike interval alone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apical/circuit/course.h"

namespace apical::payeur2021 {

struct PairingParameters {
  double learning_rate = 0.1;
  double burst_threshold_s = 16e-3;  ///< a longer interval starts an event
  double pre_tau_s = 50e-3;
  double alpha_s = 15;
  double dt_s = 1e-3;
};

/// Estimates of event and burst rate in Hz.
struct RateEstimates {
  double event_Hz = 5, burst_Hz = 1;
};

struct PairingOutcome {
  double delta_w = 0;
  RateEstimates estimates;  ///< at the end
};

/// Spike times in s, ascending; lasts floor(duration/dt) steps, a spike at t belongs to step floor(t/dt).
PairingOutcome pair_trains(std::span<const double> pre_s, std::span<const double> post_s, double duration_s,
                           RateEstimates initial, const PairingParameters& parameters);

/// Epochs of simultaneous pre- and postsynaptic spikes at one frequency; returns the summed weight change.
struct PeriodicPairing {
  PairingParameters parameters{.dt_s = 1e-4};
  int pairings_per_epoch = 5, epochs = 15;
  double interval_between_epochs_s = 10, first_pairing_s = 10e-3, tail_s = 1;
  double post_delay_s = 0;  ///< postsynaptic spike minus presynaptic spike, whole steps
  RateEstimates initial{5, 0.75};
};
double periodic_pairing(double frequency_Hz, const PeriodicPairing& protocol = {});

/// A Poisson train of the given rate with an absolute refractory time. `index` tells trains of one seed
/// apart.
std::vector<double> poisson_train(double rate_Hz, double refractory_s, double duration_s, std::uint64_t seed,
                                  std::uint32_t index);

/// Events at a rate, each followed with probability `p` by a second spike after `gap` + U(0, `span`).
struct BurstTrain {
  double event_rate_Hz = 5, burst_probability = 0.2;
  double event_refractory_s = 20e-3, gap_s = 2e-3, span_s = 10e-3;
};
std::vector<double> burst_poisson_train(const BurstTrain& train, double duration_s, std::uint64_t seed,
                                        std::uint32_t index);

using PairingCurve = course::WeightChangeCurve;

/// Fig. 2B: the periodic protocol at one frequency after the other. x in Hz. No randomness.
struct PeriodicExperiment {
  PeriodicPairing protocol;
  std::vector<double> frequencies_Hz = evenly(1, 100, 20);
  static std::vector<double> evenly(double first, double last, int count);
};
std::vector<PairingCurve> run_pairing(const PeriodicExperiment& experiment);

/// Fig. 2C: independent Poisson trains before and behind the synapse, x their rate in Hz, one curve for each
/// initial burst probability; the same trains for every curve. Means over repetitions.
struct PoissonExperiment {
  PairingParameters parameters;
  std::vector<double> rates_Hz = PeriodicExperiment::evenly(1, 50, 10), initial_burst_probabilities{0.3, 0.5};
  double initial_event_Hz = 5, refractory_s = 2e-3, duration_s = 100;
  int repetitions = 20;
};
std::vector<PairingCurve> run_pairing(const PoissonExperiment& experiment, std::uint64_t seed);

/// Fig. 2D: burst-Poisson trains of the same statistics on both sides, x their burst probability, one curve
/// for each event rate, which the estimates start at.
struct BurstPoissonExperiment {
  PairingParameters parameters;
  std::vector<double> burst_probabilities = PeriodicExperiment::evenly(0, 0.45, 10), event_rates_Hz{5, 10};
  double initial_burst_probability = 0.2, event_refractory_s = 20e-3, gap_s = 2e-3, span_s = 10e-3,
         duration_s = 100;
  int repetitions = 20;
};
std::vector<PairingCurve> run_pairing(const BurstPoissonExperiment& experiment, std::uint64_t seed);

}  // namespace apical::payeur2021
