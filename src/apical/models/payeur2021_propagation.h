// SPDX-License-Identifier: Apache-2.0
// Two signals at once (Payeur et al. 2021, Nature Neuroscience 24, Fig. 3; Naud & Sprekeler 2018): a
// population's event rate follows what its somata receive, its burst probability what its dendrites receive.
// Depressing synapses hand on the first, facilitating ones the second, so that two areas exchange both in
// opposite directions.
#pragma once

#include <string>

#include "apical/circuit/course.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/models/spiking_quirks.h"

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

/// Sine currents into the somata of area 1 and the dendrites of area 2 after a burn-in; measures are means
/// and correlations over bins.
Course propagation_course(const PropagationOptions& options);
/// The same with both currents into the single population.
Course multiplexing_course(const PropagationOptions& options);

}  // namespace apical::payeur2021
