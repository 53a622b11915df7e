// SPDX-License-Identifier: Apache-2.0
// The activation function of an area's neurons.
#pragma once

#include <optional>

#include "apical/circuit/circuit.h"

namespace apical::models {

struct AreaActivation {
  ActivationKind kind = ActivationKind::tanh;
  double slope = 1, offset = 0;
  std::optional<ActivationKind> derivative_of = {};
};

/// `released_derivative`: phi' ignores slope and offset, as in the program of Max et al. 2025.
inline void set_activation(Population& p, const AreaActivation& f, bool released_derivative) {
  p.activation = f.kind;
  p.slope = f.slope;
  p.offset = f.offset;
  p.derivative_of = f.derivative_of;
  p.derivative = released_derivative ? DerivativeForm::released : DerivativeForm::exact;
}

}  // namespace apical::models
