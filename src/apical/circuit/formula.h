// SPDX-License-Identifier: Apache-2.0
// Plasticity rules as formulas for dw/dt, in 1/ms, of what one synapse knows:
//   eta * (look - a * v) * pre - decay * w
// and between neurons that spike, where a weight jumps at the target's events and bursts:
//   eta * (burst - p * event) * pre
// Numbers have names and stand beside the text. A formula is read into a tree; which rule of the engine it
// is, or that it has to be interpreted, is told by formula_rule.h.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "apical/core/names.h"

namespace apical {

/// A text with the numbers that its names stand for.
struct Formula {
  std::string text;
  std::map<std::string, double> numbers = {};
  bool operator==(const Formula&) const = default;
};

namespace formula {

/// What is there at a synapse.
enum class Local { pre, look, v, a, rate, w, event, burst, p, event_rate, burst_rate };
/// Whose synapse: between neurons with rates, or with spikes.
enum class Synapse { rate, spiking };
}  // namespace formula
template <>
inline constexpr std::array<std::string_view, 11> kNames<formula::Local>{
    "pre", "look", "v", "a", "rate", "w", "event", "burst", "p", "event_rate", "burst_rate"};
namespace formula {

enum class Operation {
  number,
  local,
  // of two
  add,
  subtract,
  multiply,
  divide,
  power,
  min,
  max,
  // of one
  negate,
  exp,
  log,
  tanh,
  sqrt,
  abs,
  relu,
  step,
};
constexpr bool is_leaf(Operation o) { return o <= Operation::local; }
constexpr bool takes_two(Operation o) { return o >= Operation::add && o <= Operation::max; }

struct Node {
  Operation operation = Operation::number;
  double number = 0;
  Local local = Local::pre;
  std::string compartment = {};  ///< of v_NAME; empty: the one that the synapse is on
  std::uint32_t left = 0, right = 0;
};

/// Operands come before what is made of them; the last node is the whole.
struct Expression {
  std::vector<Node> nodes;
  const Node& whole() const { return nodes.back(); }
  bool uses(Local local) const;
  /// Of v_NAME, each once.
  std::vector<std::string> compartments() const;
};

/// "pre: what the synapse transmitted one step ago", and so on.
std::vector<std::string> meanings(Synapse synapse = Synapse::rate);
/// Every name in the text that is no function, in the order in which they come, each once.
std::vector<std::string> names_in(std::string_view text);
/// ConfigError for what is no formula, not local to a synapse (and why), no finite number, or not used.
Expression parse(const Formula& formula, Synapse synapse = Synapse::rate);

/// Of real numbers; for constants, and for whoever wants to know what a formula gives.
double value_of(Operation operation, double left, double right);

}  // namespace formula
}  // namespace apical
