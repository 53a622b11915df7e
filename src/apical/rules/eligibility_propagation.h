// SPDX-License-Identifier: Apache-2.0
// e-prop for spiking neurons (Bellec et al., Nature Communications 2020): a trace per synapse of how it moved
// its own neuron, times a learning signal that the neuron receives. For synapse i -> j with x_i the input or
// the other neuron's spike of the step before, in step t:
//   ea <- (rho - beta_j psi_j(t-1)) ea + psi_j(t-1) ev(t-1);  ev <- alpha ev + c_in x_i
//   e = psi_j (ev - beta_j ea);  filtered <- kappa filtered + c_out e
//   dW = sum_t L_j filtered,  L_j = sum_k B_jk error_k;   dV = sum_t error (x) (filtered c_out z)
// ev is the same for all j. B is V^T (symmetric), fixed and random, or moves with V (adaptive). What it is:
// the surrogate gradient with the paths through recurrent synapses and through the reset cut.
#pragma once

#include <functional>

#include "apical/engine/recurrent/spiking.h"

namespace apical::recurrent {

/// The traces of one step, of recurrent and input synapses, (post, pre). The diagonal of `recurrent` is 0,
/// that of `adaptation` is not.
struct EligibilityTraces {
  Matrix<double> recurrent, input, adaptation;        ///< e of W and U; ea of W
  Matrix<double> filtered_recurrent, filtered_input;  ///< as the readout sees them
  Vector signal;                                      ///< L
};

struct EligibilityPropagation {
  SpikingGradient gradient;        ///< uphill
  SpikingGradient regularisation;  ///< of c/2 sum_j (rate_j - target)^2, with c = 1; its V is 0
  Vector average_rate;             ///< spikes per step
};

/// `feedback` B is n x outputs; null: V^T. `target_rate` in spikes per step. `watch` is shown every step.
EligibilityPropagation eligibility_propagation(
    const SpikingNetwork& network, const SpikingTrial& trial, const std::vector<SpikingStep>& course,
    const Matrix<double>* feedback = nullptr, double target_rate = 0,
    const std::function<void(std::size_t step, const EligibilityTraces&)>& watch = {});

/// One update of all weights and of the feedback that follows the readout (adaptive e-prop):
///   V <- (1 - decay) V - eta dV,  B <- (1 - decay) B - eta dV^T,  W, U -= eta dW, dU
/// so that B - V^T shrinks by 1 - decay.
void apply_with_adaptive_feedback(SpikingNetwork& network, Matrix<double>& feedback,
                                  const SpikingGradient& gradient, double eta, double decay);

}  // namespace apical::recurrent
