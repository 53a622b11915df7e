// SPDX-License-Identifier: Apache-2.0
// What a recipe returns that is neither a circuit nor a layered network: a recurrent network, the rule that
// assigns credit in it through time, and how credit is applied. Time is in steps of the task.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "apical/core/activation.h"
#include "apical/core/names.h"
#include "apical/engine/layered/optimiser.h"
#include "apical/engine/recurrent/network.h"
#include "apical/engine/recurrent/spiking.h"
#include "apical/rules/recurrent_rule.h"

namespace apical::models {

enum class RecurrentNeurons {
  rate,
  lif,   ///< leaky integrate-and-fire
  alif,  ///< a share of them with a threshold that adapts
};

/// Of neurons that spike; readout and membranes leak as exp(-1/tau).
struct RecurrentSpiking {
  double readout_steps = 20;       ///< tau of the readout
  double adaptation_steps = 2000;  ///< tau of the threshold
  double adapting_share = 0.5;     ///< of the neurons: the last ones
  double adaptation = 1.7;         ///< by how much a spike in every membrane time constant raises it
  double threshold = 0.6;
  double damping = 0.3;  ///< of the surrogate slope
  std::size_t refractory_steps = 5;
};

struct RecurrentNetwork {
  std::size_t inputs = 0, units = 0, outputs = 0;
  recurrent::RecurrentRule rule;
  RecurrentNeurons neurons = RecurrentNeurons::rate;
  recurrent::Leak leak = recurrent::Leak::rate;
  ActivationKind activation = ActivationKind::tanh;
  double tau_steps = 10;  ///< of units; rate neurons move by 1/tau of the way in a step
  RecurrentSpiking spikes;
  ReadoutLoss loss = ReadoutLoss::mse;
  double gain = 1.5;  ///< recurrent weights begin as N(0, gain^2 / units)
  std::size_t batch = 32;
  layered::OptimiserSettings optimiser;
  /// Factors on the learning rate: of input weights, of recurrent ones and offsets of units, of the readout.
  std::array<double, 3> rates{1, 1, 1};

  bool spiking() const { return neurons != RecurrentNeurons::rate; }
  std::size_t weights() const { return units * (inputs + units + outputs); }
};

/// Without weights, which set_weights() puts in.
recurrent::Network rate_network(const RecurrentNetwork& description);
recurrent::SpikingNetwork spiking_network(const RecurrentNetwork& description);
recurrent::Weights initial_weights(const RecurrentNetwork& description, std::uint64_t seed);
/// Of rules that have some of their own; else empty. What adapts begins somewhere else than the readout.
Matrix<double> initial_feedback(const RecurrentNetwork& description, std::uint64_t seed);

}  // namespace apical::models

namespace apical {
template <>
inline constexpr std::array<std::string_view, 3> kNames<models::RecurrentNeurons>{"rate", "lif", "alif"};
}  // namespace apical
