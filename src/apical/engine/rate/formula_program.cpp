// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/formula_program.h"

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"

namespace apical::rate {
namespace {

using formula::Node;
using formula::Operation;
using Kind = FormulaOperand::Kind;

template <class Real>
class Compiler {
 public:
  Compiler(const formula::Expression& expression, std::uint32_t node, const GivenInput<Real>& given)
      : nodes_(expression.nodes), operand_(nodes_.size()), held_(nodes_.size(), 0), whole_(node) {
    // Operands come before what is made of them.
    std::vector<bool> needed(node + 1, false);
    needed[node] = true;
    for (std::uint32_t k = node + 1; k-- > 0;) {
      const Node& n = nodes_[k];
      if (!needed[k]) continue;
      if (n.operation == Operation::number) {
        operand_[k] = number(n.number);
      } else if (const auto input = given(k)) {
        operand_[k] = this->input(*input);
      } else {
        APICAL_CHECK(n.operation != Operation::local);
        needed[n.left] = needed[n.right] = true;
      }
    }
    for (std::uint32_t k = 0; k <= node; ++k) {
      const Node& n = nodes_[k];
      if (!needed[k] || operand_[k]) continue;
      const unsigned left = held_[n.left], right = takes_two(n.operation) ? held_[n.right] : 0;
      held_[k] = left == right ? left + 1 : std::max(left, right);
    }
  }

  FormulaProgram<Real> program() {
    out_.result = computed(whole_, 0);
    out_.numbers = AlignedBuffer<Real>(numbers_.size() * kBlock, Real(0));
    for (std::size_t k = 0; k < numbers_.size(); ++k)
      std::fill_n(out_.numbers.data() + k * kBlock, kBlock, numbers_[k]);
    return std::move(out_);
  }

 private:
  /// Into result `free` or one above it. What holds more results on the way comes first, so that few wait.
  FormulaOperand computed(std::uint32_t k, std::uint32_t free) {
    if (operand_[k]) return *operand_[k];
    const Node& n = nodes_[k];
    FormulaStep step{.operation = n.operation, .left = {}, .right = {}, .result = free};
    if (!takes_two(n.operation)) {
      step.left = step.right = computed(n.left, free);
    } else if (held_[n.left] >= held_[n.right]) {
      step.left = computed(n.left, free);
      step.right = computed(n.right, free + (operand_[n.left] ? 0 : 1));
    } else {
      step.right = computed(n.right, free);
      step.left = computed(n.left, free + 1);
    }
    if (n.operation == Operation::power) step.whole_power = whole_power_of(nodes_[n.right]);
    APICAL_CHECK(free < kFormulaResults);
    out_.steps.push_back(step);
    return {Kind::result, free};
  }

  /// Products for small whole exponents; 0: none.
  static std::int32_t whole_power_of(const Node& n) {
    constexpr double kProducts = 64;
    if (n.operation != Operation::number || n.number != std::round(n.number) ||
        std::abs(n.number) > kProducts)
      return 0;
    return static_cast<std::int32_t>(n.number);
  }
  FormulaOperand number(double x) {
    numbers_.push_back(static_cast<Real>(x));
    return {Kind::number, static_cast<std::uint32_t>(numbers_.size() - 1)};
  }
  FormulaOperand input(const FormulaInput<Real>& given) {
    const auto same = std::ranges::find_if(out_.inputs, [&](const FormulaInput<Real>& i) {
      return i.values == given.values && i.lies == given.lies;
    });
    const auto at = static_cast<std::uint32_t>(same - out_.inputs.begin());
    if (same == out_.inputs.end()) out_.inputs.push_back(given);
    if (out_.inputs.size() > kFormulaInputs)
      throw ConfigError("a formula has more parts of one neuron alone than are kept for a synapse");
    return {Kind::input, at};
  }

  const std::vector<Node>& nodes_;
  std::vector<std::optional<FormulaOperand>> operand_;
  std::vector<unsigned> held_;  ///< results that have to wait at once for each node
  std::uint32_t whole_;
  std::vector<Real> numbers_;
  FormulaProgram<Real> out_;
};

}  // namespace

template <class Real>
FormulaArgs<Real> FormulaProgram<Real>::args() const {
  FormulaArgs<Real> a;
  a.steps = steps.data();
  a.count = steps.size();
  a.result = result;
  a.numbers = numbers.data();
  a.inputs = inputs.data();
  a.input_count = inputs.size();
  return a;
}

template <class Real>
FormulaProgram<Real> compile(const formula::Expression& expression, std::uint32_t node,
                             const GivenInput<Real>& given) {
  return Compiler<Real>(expression, node, given).program();
}

template struct FormulaProgram<float>;
template struct FormulaProgram<double>;
template FormulaProgram<float> compile(const formula::Expression&, std::uint32_t, const GivenInput<float>&);
template FormulaProgram<double> compile(const formula::Expression&, std::uint32_t, const GivenInput<double>&);

}  // namespace apical::rate
