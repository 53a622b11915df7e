// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

namespace apical {

/// Weights, potentials and outputs of models that work are of the order of one in the units they have here.
/// What has grown beyond this is of no use, though bounded activations may keep it finite for ever.
inline constexpr double kDivergenceLimit = 1e12;

/// Also of what is not a number.
inline bool has_diverged(double value) { return !(std::abs(value) <= kDivergenceLimit); }

}  // namespace apical
