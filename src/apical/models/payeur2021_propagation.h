// SPDX-License-Identifier: Apache-2.0
// Two signals at once (Payeur et al. 2021, Nature Neuroscience 24, Fig. 3; Naud & Sprekeler 2018): a
// population's event rate follows what its somata receive, its burst probability what its dendrites receive.
// Depressing synapses hand on the first, facilitating ones the second, so that two areas exchange both in
// opposite directions.
#pragma once

#include <string>
#include <vector>

#include "apical/engine/spike/network.h"
#include "apical/models/watched_advance.h"

namespace apical::payeur2021 {

enum class ShortTerm {
  dynamic,  ///< depressing and facilitating synapses
  none,     ///< every spike transmits the mean efficacy that they would have in regular firing
};

struct PropagationOptions {
  std::size_t pyramidal = 4000, interneurons = 1000;  ///< per area; of each kind
  double in_degree_fraction = 0.05;                   ///< connection probability at the published size
  ShortTerm short_term = ShortTerm::dynamic;
  double burn_in_s = 1, duration_s = 3, bin_s = 50e-3;
  double soma_amplitude_A = 200e-12, soma_period_s = 0.5;
  double dendrite_amplitude_A = 100e-12, dendrite_period_s = 1.118033988749895;
  /// The published weights were chosen with the somatic driving force (Q1): with the dendritic one the second
  /// area's burst probability also follows the soma (r = 0.33 instead of 0.09). And with u jumping by U(1-u)
  /// (Q2): with f(1-u), f = 0.1, nothing is demultiplexed.
  spike::Quirks quirks = {.dendritic_drive = spike::DendriticDrive::somatic,
                          .facilitation_jump = spike::FacilitationJump::u_rest};
};

/// Groups pyr1, pyr2, pv, som; without the sine drives.
spike::SpikingCircuit propagation_network(const PropagationOptions& options = {});

/// One uncoupled population of two-compartment neurons under the same background: group pyr1.
spike::SpikingCircuit multiplexing_population(const PropagationOptions& options = {});

/// Rates in Hz per neuron and drives in A (at the end of the bin), one value per bin.
struct PropagationSeries {
  std::vector<double> event_Hz[2], burst_Hz[2];  ///< by area
  std::vector<double> soma_drive_A, dendrite_drive_A;
  std::vector<double> burst_probability(std::size_t area) const;  ///< NaN of bins without an event
};

/// Runs the two areas: soma drive into area 1, dendritic drive into area 2.
PropagationSeries run_propagation(const PropagationOptions& options, std::uint64_t seed,
                                  ThreadPool* pool = nullptr, const WatchedAdvance& advance = {});
/// Runs the single population with both drives; area 0 holds it, area 1 stays empty.
PropagationSeries run_multiplexing(const PropagationOptions& options, std::uint64_t seed,
                                   ThreadPool* pool = nullptr, const WatchedAdvance& advance = {});

/// Pearson correlation over the bins in which both are numbers; 0 if either does not vary.
double correlation(const std::vector<double>& a, const std::vector<double>& b);
/// Over the bins in which there is a number; NaN if there are none.
double mean_of_bins(const std::vector<double>& x);

}  // namespace apical::payeur2021
