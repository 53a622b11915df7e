// SPDX-License-Identifier: Apache-2.0
// The arithmetic of rules that are interpreted: a few steps, each over a stretch of one row of weights, so
// that what is decided at run time is decided once per stretch. There are no sums: bits depend neither on
// stretches nor on threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "apical/circuit/formula.h"
#include "apical/engine/rate/kernels.h"

namespace apical::rate {

struct FormulaOperand {
  enum class Kind : std::uint8_t { number, input, result };
  Kind kind = Kind::number;
  std::uint32_t index = 0;
};

struct FormulaStep {
  formula::Operation operation = formula::Operation::add;
  FormulaOperand left, right;
  std::uint32_t result = 0;
  std::int32_t whole_power = 0;  ///< of `power`: the exponent, if it is a whole number and not 0
};

/// Results that are still needed: a tree of as many nodes as a formula may have takes no more.
constexpr std::size_t kFormulaResults = 12;
constexpr std::size_t kFormulaInputs = 64;

template <class Real>
struct FormulaInput {
  enum class Lies : std::uint8_t {
    of_row,   ///< one neuron for a whole row
    along,    ///< the neurons along a row
    synapses  ///< a matrix like that of the weights
  };
  const Real* values = nullptr;
  Lies lies = Lies::along;
};

/// Rows first_row … of a matrix that has `inner` values in a row, and `stride` from one to the next. Either
/// `add_to` gets the result times `rate`, or `out` gets it.
template <class Real>
struct FormulaArgs {
  const FormulaStep* steps = nullptr;
  std::size_t count = 0;
  FormulaOperand result;
  const Real* numbers = nullptr;  ///< kBlock copies of each
  const FormulaInput<Real>* inputs = nullptr;
  std::size_t input_count = 0;
  std::size_t first_row = 0, rows = 1, inner = 0, stride = 0;
  bool lanes = false;  ///< a neuron has kLanes values
  Real rate = 0;
  Real* add_to = nullptr;
  Real* out = nullptr;
  const Real* mask = nullptr;  ///< 0 where there is no synapse; null: all are there
};

template <class Real>
using FormulaKernel = void (*)(const FormulaArgs<Real>&);
/// Of the best instruction set of this processor.
template <class Real>
FormulaKernel<Real> formula_kernel();

}  // namespace apical::rate
