// SPDX-License-Identifier: Apache-2.0
// Weights and offsets of a recurrent network projection by projection, whatever its neurons are, and
// gradients in the same shape.
#pragma once

#include <cstdint>

#include "apical/engine/recurrent/network.h"
#include "apical/engine/recurrent/spiking.h"

namespace apical::recurrent {

struct Weights {
  Matrix<double> U;  ///< input to units
  Matrix<double> W;  ///< units to units
  Vector b;          ///< of units; empty where neurons spike
  Matrix<double> V;  ///< units to outputs
  Vector c;          ///< of outputs; empty where neurons spike
};

/// U ~ N(0, 1/inputs), W ~ N(0, gain^2/units), V ~ N(0, 1/units), offsets 0; where neurons spike there are
/// no offsets, and no neuron projects to itself.
Weights draw_weights(std::size_t inputs, std::size_t units, std::size_t outputs, double gain, bool spiking,
                     std::uint64_t seed);
/// Fixed feedback, units x outputs, ~ N(0, variance).
Matrix<double> draw_feedback(std::size_t units, std::size_t outputs, double variance, std::uint64_t seed);

/// Puts them into a network of this size.
void set_weights(Network& network, const Weights& weights);
void set_weights(SpikingNetwork& network, const Weights& weights);

Weights by_projection(const Gradient& gradient);
Weights by_projection(const SpikingGradient& gradient);

/// Zeros of the same shape.
Weights zeros_like(const Weights& weights);
/// to += factor from
void add(Weights& to, double factor, const Weights& from);

}  // namespace apical::recurrent
