// SPDX-License-Identifier: Apache-2.0
// A formula, or a part of one, as the steps that formula_kernels.h does.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/engine/rate/formula_kernels.h"

namespace apical::rate {

template <class Real>
struct FormulaProgram {
  std::vector<FormulaStep> steps;
  FormulaOperand result;
  AlignedBuffer<Real> numbers;
  std::vector<FormulaInput<Real>> inputs;

  /// Without what is computed for whom.
  FormulaArgs<Real> args() const;
};

/// What is given for a node of the expression (a value of neurons or synapses, or one computed before);
/// nothing: it is to be computed.
template <class Real>
using GivenInput = std::function<std::optional<FormulaInput<Real>>(std::uint32_t node)>;

/// The steps for one node and everything below it.
template <class Real>
FormulaProgram<Real> compile(const formula::Expression& expression, std::uint32_t node,
                             const GivenInput<Real>& given);

}  // namespace apical::rate
