// SPDX-License-Identifier: Apache-2.0
#include "apical/models/recurrent_network.h"

#include <cmath>

namespace apical::models {

recurrent::Network rate_network(const RecurrentNetwork& d) {
  return {.leak = d.leak,
          .activation = d.activation,
          .k = 1 / d.tau_steps,
          .loss = d.loss,
          .th = Matrix<double>(d.units, d.units + d.inputs + 1),
          .V = Matrix<double>(d.outputs, d.units),
          .c = recurrent::Vector(d.outputs, 0.0)};
}

recurrent::SpikingNetwork spiking_network(const RecurrentNetwork& d) {
  const RecurrentSpiking& s = d.spikes;
  recurrent::SpikingNetwork n;
  n.alpha = std::exp(-1 / d.tau_steps);
  n.rho = std::exp(-1 / s.adaptation_steps);
  n.kappa = std::exp(-1 / s.readout_steps);
  n.v_th = s.threshold;
  n.gamma = s.damping;
  n.n_ref = static_cast<int>(s.refractory_steps);
  n.c_out = 1 - n.kappa;  // as the released program has it: the readout is a mean of what it hears
  n.loss = d.loss;
  n.W = Matrix<double>(d.units, d.units);
  n.U = Matrix<double>(d.units, d.inputs);
  n.V = Matrix<double>(d.outputs, d.units);
  n.beta.assign(d.units, 0.0);
  if (d.neurons != RecurrentNeurons::alif) return n;
  const auto adapting =
      static_cast<std::size_t>(std::llround(s.adapting_share * static_cast<double>(d.units)));
  for (std::size_t i = d.units - adapting; i < d.units; ++i)
    n.beta[i] = s.adaptation * (1 - n.rho) / (1 - n.alpha);
  return n;
}

recurrent::Weights initial_weights(const RecurrentNetwork& d, std::uint64_t seed) {
  return recurrent::draw_weights(d.inputs, d.units, d.outputs, d.gain, d.spiking(), seed);
}

Matrix<double> initial_feedback(const RecurrentNetwork& d, std::uint64_t seed) {
  if (!recurrent::has_feedback_of_its_own(d.rule)) return {};
  const double variance = d.spiking() ? 1 : 1 / static_cast<double>(d.outputs);
  return recurrent::draw_feedback(d.units, d.outputs, variance, seed);
}

}  // namespace apical::models
