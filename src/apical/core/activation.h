// SPDX-License-Identifier: Apache-2.0
// Activation functions phi(x; s, o) with y = x - o, per neuron (spec of the microcircuits; soft_relu:
// ln(1 + exp(10 y)) / 10). Scalar versions: the engine's SIMD kernels are tested against these.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apical {

enum class ActivationKind { linear, relu, soft_relu, logistic, tanh, hard_sigmoid };

std::string_view name_of(ActivationKind kind);
/// All names, in the order of the enumeration.
const std::vector<std::string>& activation_names();
/// Throws ConfigError with the nearest name.
ActivationKind activation_named(std::string_view name);

/// phi(x; slope, offset); dimensionless in and out.
template <class Real>
Real activate(ActivationKind kind, Real x, Real slope, Real offset);

/// d phi(x; slope, offset) / dx, exact (relu'(0) = 0).
template <class Real>
Real activation_derivative(ActivationKind kind, Real x, Real slope, Real offset);

/// The x with phi(x; slope, offset) = rate, or nothing where there is none: logistic and tanh never reach
/// their bounds. Where a whole range of x has this rate (relu, hard_sigmoid), its end next to the neuron's
/// active range.
std::optional<double> inverse_activation(ActivationKind kind, double rate, double slope, double offset);

/// The derivative that the error-neuron paper's released program uses: argument x, slope and offset
/// ignored, and hard_sigmoid's factor 1/6 missing. Kept to replay its traces.
template <class Real>
Real released_derivative(ActivationKind kind, Real x);

}  // namespace apical
