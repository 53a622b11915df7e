// SPDX-License-Identifier: Apache-2.0
// Rules that no product of factors says: their formulas, computed synapse by synapse.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/circuit/formula.h"
#include "apical/engine/rate/network_emit.h"

namespace apical::rate {
namespace {

using formula::Local;
using formula::Node;
using formula::Operation;

/// Matrices from this many values on are shared among threads, in parts of about this many. Parts do not
/// change what is computed.
constexpr std::size_t kSharedValues = 1 << 15;

/// Which side of a synapse a part of a formula is about.
enum class Side { none, pre, post, synapse };

Side side_of(Local local) {
  if (local == Local::pre) return Side::pre;
  if (local == Local::w) return Side::synapse;
  return local == Local::a ? Side::none : Side::post;
}

std::vector<Side> sides_of(const formula::Expression& expression) {
  std::vector<Side> sides;
  sides.reserve(expression.nodes.size());
  for (const Node& n : expression.nodes) {
    if (n.operation == Operation::number) {
      sides.push_back(Side::none);
    } else if (n.operation == Operation::local) {
      sides.push_back(side_of(n.local));
    } else {
      const Side left = sides[n.left], right = sides[n.right];
      sides.push_back(left == right || right == Side::none ? left
                      : left == Side::none                 ? right
                                                           : Side::synapse);
    }
  }
  return sides;
}

/// The attenuation is a number once the population is known.
void put_attenuation(formula::Expression& expression, const Population& to, const std::string& compartment) {
  const double a = to.compartments[to.compartment_index(compartment)].conductance * to.tau_ms();
  for (Node& n : expression.nodes) {
    if (n.operation == Operation::local && n.local == Local::a)
      n = {.operation = Operation::number, .number = a};
  }
}

}  // namespace

/// A copy from before the step moves on.
template <class Real>
const Real* Network<Real>::kept_for_rules(PopulationId p, const Real* values, const std::string& name) {
  const std::string key = fmt::format("{}|kept|{}", circuit_[p].name, name);
  Real*& at = factor_index_[key];
  if (at != nullptr) return at;
  at = new_array(key, circuit_[p].size, false);
  emit(factors, [this, to = at, values, n = populations_[p.value]->padded] {
    const Copy pair{to, values, n};
    kernel_.copy({&pair, 1});
  });
  return at;
}

template <class Real>
void Network<Real>::plan_interpreted(ProjectionState& s, const Projection& j) {
  using Input = FormulaInput<Real>;
  using Lies = typename Input::Lies;
  const Population& to = circuit_[j.to];
  const PopulationState& post = *populations_[j.to.value];
  formula::Expression expression = formula::parse(*j.rule->formula);
  put_attenuation(expression, to, j.compartment);
  const std::vector<Side> sides = sides_of(expression);
  const std::vector<Node>& nodes = expression.nodes;
  const bool one_to_one = j.topology == Topology::one_to_one;

  const auto vector_of = [&](const Node& n) -> const Real* {
    switch (n.local) {
      case Local::pre:
        return previous_of(
            *s.source, fmt::format("{}.{}.{}", circuit_[j.from].name, name_of(j.transmits), j.delay_steps));
      case Local::look:
        return kept_for_rules(j.to, post.prospective, "prospective");
      case Local::v: {
        const std::string& compartment = n.compartment.empty() ? j.compartment : n.compartment;
        return kept_for_rules(j.to, post.compartment[to.compartment_index(compartment)], compartment);
      }
      case Local::rate:
        return post.rate;
      case Local::a:  // a constant by now
      case Local::w:
        break;
      case Local::event:  // of neurons that spike: refused when the circuit is read
      case Local::burst:
      case Local::p:
      case Local::event_rate:
      case Local::burst_rate:
        APICAL_CHECK(false);
    }
    return s.weights;
  };

  s.interpreted = std::make_unique<typename ProjectionState::Interpreted>();
  auto& interpreted = *s.interpreted;
  std::vector<const Real*> computed(nodes.size(), nullptr);
  const auto whole = static_cast<std::uint32_t>(nodes.size() - 1);
  // What is of one side alone and part of something that is not: once per neuron.
  const auto compute_first = [&](std::uint32_t k) {
    const PopulationId of = sides[k] == Side::pre ? j.from : j.to;
    const GivenInput<Real> given = [&](std::uint32_t node) -> std::optional<Input> {
      if (nodes[node].operation != Operation::local) return {};
      return Input{vector_of(nodes[node]), Lies::along};
    };
    Real* const out = new_array(fmt::format("{}.part{}", j.name, k), circuit_[of].size, false);
    interpreted.first.push_back({compile<Real>(expression, k, given), circuit_[of].size * lanes_, out});
    computed[k] = out;
  };
  const auto of_one_side = [&](std::uint32_t k) {
    return !is_leaf(nodes[k].operation) && (sides[k] == Side::pre || sides[k] == Side::post);
  };
  for (std::uint32_t k = 0; k <= whole && !one_to_one; ++k) {
    if (k == whole && of_one_side(k)) compute_first(k);
    if (is_leaf(nodes[k].operation) || sides[k] != Side::synapse) continue;
    for (const std::uint32_t part : {nodes[k].left, nodes[k].right}) {
      if (of_one_side(part) && computed[part] == nullptr) compute_first(part);
    }
  }
  const auto lies = [&](Side side) {
    if (side == Side::synapse) return Lies::synapses;
    return one_to_one || (side == Side::pre) == s.pre_contiguous ? Lies::along : Lies::of_row;
  };
  /// Rows are counted from the first that is here.
  const auto from_here = [&](const Real* values, Lies where) {
    return Input{where == Lies::of_row ? values + s.first_row * lanes_ : values, where};
  };
  const GivenInput<Real> given = [&](std::uint32_t node) -> std::optional<Input> {
    if (computed[node] != nullptr) return from_here(computed[node], lies(sides[node]));
    if (nodes[node].operation != Operation::local) return {};
    return from_here(vector_of(nodes[node]), lies(sides[node]));
  };
  interpreted.change = compile<Real>(expression, whole, given);
  interpreted.rows = one_to_one ? 1 : s.rows;
  interpreted.inner = (one_to_one ? one_to_one_size(circuit_, j) : s.inner) * lanes_;
  interpreted.stride = one_to_one ? interpreted.inner : s.stride * lanes_;
  const std::size_t shares = interpreted.rows * interpreted.inner / kSharedValues;
  interpreted.parts = std::clamp<std::size_t>(shares, 1, std::max<std::size_t>(1, interpreted.rows));
}

/// The change of every synapse, added to the weights, or as it is per unit of dt eta.
template <class Real>
void Network<Real>::interpret(const ProjectionState& s, Real* add_to, Real* out) const {
  const FormulaKernel<Real> evaluate = formula_kernel<Real>();
  const auto& interpreted = *s.interpreted;
  for (const auto& first : interpreted.first) {
    FormulaArgs<Real> a = first.program.args();
    a.inner = a.stride = first.n;
    a.out = first.out;
    evaluate(a);
  }
  FormulaArgs<Real> all = interpreted.change.args();
  all.inner = interpreted.inner;
  all.stride = interpreted.stride;
  all.lanes = lanes_ > 1;
  all.rate = static_cast<Real>(circuit_.dt_ms * s.eta);
  all.add_to = add_to;
  all.out = out;
  all.mask = s.mask;
  const auto part = [&](std::size_t k) {
    FormulaArgs<Real> a = all;
    a.first_row = interpreted.rows * k / interpreted.parts;
    a.rows = interpreted.rows * (k + 1) / interpreted.parts - a.first_row;
    evaluate(a);
  };
  if (pool_ != nullptr && interpreted.parts > 1) {
    pool_->run(interpreted.parts, part);
  } else {
    for (std::size_t k = 0; k < interpreted.parts; ++k) part(k);
  }
}

template <class Real>
void Network<Real>::observe_interpreted() {
  for (ProjectionState* s : general_rules_) {
    if (!s->interpreted) continue;
    Real*& observed = s->interpreted->observed;
    const bool one_to_one = circuit_[s->id].topology == Topology::one_to_one;
    if (observed == nullptr)
      observed = one_to_one
                     ? new_array(s->name + ".observed", one_to_one_size(circuit_, circuit_[s->id]), false)
                     : new_matrix(s->name + ".observed", *s, false);
    interpret(*s, nullptr, observed);
  }
}

template <class Real>
void Network<Real>::credit(ProjectionId id, std::size_t replica, Matrix<double>& whole) const {
  const ProjectionState& s = *projections_[id.value];
  APICAL_CHECK(s.interpreted && s.interpreted->observed);
  const bool one_to_one = circuit_[id].topology == Topology::one_to_one;
  for (std::size_t i = 0; i < whole.rows(); ++i) {
    for (std::size_t k = 0; k < whole.cols(); ++k) {
      if (!one_to_one && !s.has(s.row_of(i, k))) continue;
      const std::size_t at = one_to_one ? k * lanes_ : element(s, i, k);
      whole(i, k) = static_cast<double>(s.interpreted->observed[at + replica]);
    }
  }
  complete(whole, s, s.pre_contiguous);
}

/// A formula can leave the numbers in one synapse that nothing is transmitted by.
template <class Real>
void Network<Real>::check_finite_weights(const ProjectionState& s) const {
  const Projection& j = circuit_[s.id];
  const bool one_to_one = j.topology == Topology::one_to_one;
  const auto& a = *s.interpreted;
  Real doubt = 0;
  for (std::size_t row = 0; row < a.rows; ++row) {
    for (std::size_t i = 0; i < a.inner; ++i) {
      const Real w = s.weights[row * a.stride + i];
      doubt += w - w;
    }
  }
  if (doubt == 0) return;
  for (std::size_t row = 0; row < a.rows; ++row) {
    for (std::size_t i = 0; i < a.inner; ++i) {
      const Real w = s.weights[row * a.stride + i];
      if (std::isfinite(w)) continue;
      const std::size_t inner = i / lanes_;
      const std::size_t of_all = s.first_row + row;
      const std::size_t post = one_to_one || !s.pre_contiguous ? inner : of_all;
      const std::size_t pre = one_to_one || s.pre_contiguous ? inner : of_all;
      throw NumericalFault({s.name, fmt::format("weight from unit {}", pre), post, seeds_[i % lanes_], step_,
                            static_cast<double>(step_) * circuit_.dt_ms, static_cast<double>(w)});
    }
  }
}

template class Network<float>;
template class Network<double>;

}  // namespace apical::rate
