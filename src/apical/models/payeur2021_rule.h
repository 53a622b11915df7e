// SPDX-License-Identifier: Apache-2.0
// The plasticity rule in a network (Payeur et al. 2021, Nature Neuroscience 24, Fig. 2E-G): weights follow
// changes of the targets' burst probability, and do not care how much the presynaptic side bursts.
#pragma once

#include <array>

#include "apical/circuit/course.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/models/spiking_quirks.h"

namespace apical::payeur2021 {

struct RuleNetworkOptions {
  std::size_t neurons = 1000, pool = 25000;  ///< per side; Poisson sources of each sign
  double contact_probability = 0.2, initial_weight = 0.08, eta = 3.5e-3, alpha_s = 5;
  double dendritic_weight = 0.25;  ///< d0
  double phase_s = 25;
  std::array<double, 5> phases{1, 1.5, 1, 0.55, 1};  ///< dendritic weight in units of d0
  double final_presynaptic_current_A = 40e-12;
  spike::Quirks quirks = {};
};

/// Groups pre, post, exc_pool, inh_pool, dendritic_drive.
spike::SpikingCircuit rule_network(const RuleNetworkOptions& options = {});

/// Phases: burn-in (4 alpha, no plasticity), the five of `phases`, presynaptic dendrites excited.
Course rule_course(const RuleNetworkOptions& options);

}  // namespace apical::payeur2021
