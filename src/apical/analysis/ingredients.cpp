// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/ingredients.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "apical/analysis/needed_for.h"

namespace apical {
namespace {

using Names = std::vector<std::string>;

Ingredient weight_transport(const Circuit& c) {
  Names exact, deviating;
  for (const Projection& j : c.projections()) {
    if (j.view)
      (j.view->deviation ? deviating : exact)
          .push_back(fmt::format("{} (of {})", j.name, c[j.view->of].name));
  }
  std::string reason;
  if (!exact.empty()) reason = fmt::format("exact transposes: {}", some_of(exact));
  if (!deviating.empty())
    reason += fmt::format("{}transposes plus a fixed deviation: {}", reason.empty() ? "" : "; ",
                          some_of(deviating));
  if (reason.empty()) reason = "every projection has weights of its own";
  return {"weight transport", !exact.empty() || !deviating.empty(), reason};
}

Ingredient shared_weights(const Circuit& c) {
  Names copies;
  const auto& all = c.projections();
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (all[k].view && all[k].view->shares_deviation_with) {
      copies.push_back(fmt::format("{} (deviation of {}{})", all[k].name,
                                   c[*all[k].view->shares_deviation_with].name,
                                   all[k].view->scale < 0 ? ", negated" : ""));
    }
    if (all[k].weights.derivation && !all[k].view) {
      const DerivedWeights& d = *all[k].weights.derivation;
      copies.push_back(fmt::format("{} (begins as {}{}{})", all[k].name,
                                   d.transposed ? "the transpose of " : "", c[d.of].name,
                                   d.times ? " times " + c[*d.times].name : ""));
    }
    // Drawn at one address by one law: equal at the start.
    for (std::size_t other = 0; other < k; ++other) {
      const InitialWeights &a = all[k].weights, &b = all[other].weights;
      const bool drawn = a.law == InitialWeights::Law::uniform ||
                         a.law == InitialWeights::Law::uniform_upper || a.law == InitialWeights::Law::normal;
      if (!all[k].view && !all[other].view && drawn && a.law == b.law &&
          all[k].draw_address == all[other].draw_address) {
        copies.push_back(fmt::format("{} (starts like {})", all[k].name, all[other].name));
      }
    }
  }
  return needed_for("shared weights", copies, "{}",
                    "no projection copies weights of another, beyond transposes");
}

Ingredient separate_phases(const Circuit& c) {
  const auto rules = std::count_if(c.projections().begin(), c.projections().end(),
                                   [](const Projection& j) { return j.rule.has_value(); });
  return {"separate phases", false,
          rules == 0
              ? "nothing is plastic"
              : fmt::format("all {} rules act in every step; a rule has no way to wait for a phase", rules)};
}

/// Whether phi can be below 0 somewhere. Slopes within four standard deviations count as possible.
bool rate_can_be_negative(const Population& p) {
  const double slope = p.slopes.empty() ? p.slope : *std::min_element(p.slopes.begin(), p.slopes.end());
  const double lowest_slope = slope - 4 * p.slope_sd;
  switch (p.activation) {
    case ActivationKind::linear:
    case ActivationKind::tanh:
      return true;
    case ActivationKind::logistic:
      return false;
    case ActivationKind::relu:
    case ActivationKind::soft_relu:
    case ActivationKind::hard_sigmoid:
      return lowest_slope < 0;
  }
  return true;
}

Ingredient signed_signals(const Circuit& c) {
  Names because;
  std::set<std::pair<std::uint32_t, Quantity>> seen;
  for (const Projection& j : c.projections()) {
    const Population& from = c[j.from];
    // What comes from outside is up to the task.
    if (from.kind == Population::Kind::external || !seen.insert({j.from.value, j.transmits}).second) continue;
    if (j.transmits == Quantity::rate) {
      if (rate_can_be_negative(from))
        because.push_back(fmt::format("{} ({} rate)", from.name, name_of(from.activation)));
    } else if (j.transmits != Quantity::slope) {
      because.push_back(fmt::format("{} ({})", from.name, name_of(j.transmits)));
    }
  }
  return needed_for("signed signals", because, "can be negative: {}",
                    "all rates that are sent are 0 or more, whatever the potentials");
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void include(double x) {
    low = std::min(low, x);
    high = std::max(high, x);
  }
};

Range range_of(const Circuit& c, const Projection& j);

/// Values that the law can draw; `identity` may or may not be added, unless the projection is one to one.
Range range_of(const Circuit& c, const InitialWeights& w, bool one_to_one) {
  constexpr double kUnbounded = std::numeric_limits<double>::infinity();
  Range drawn;
  switch (w.law) {
    case InitialWeights::Law::constant:
      drawn.include(w.low);
      break;
    case InitialWeights::Law::uniform_upper:
      drawn.include(0);
      [[fallthrough]];
    case InitialWeights::Law::uniform:
      drawn.include(w.low);
      drawn.include(w.high);
      break;
    case InitialWeights::Law::normal:
      drawn.include(w.high == 0 ? w.low : -kUnbounded);
      drawn.include(w.high == 0 ? w.low : kUnbounded);
      break;
    case InitialWeights::Law::explicit_values:
      for (double x : w.values->flat()) drawn.include(x);
      break;
    case InitialWeights::Law::derived: {
      const Range of = range_of(c, c[w.derivation->of]);
      if (!w.derivation->times) {
        drawn = of;
        break;
      }
      // Sums of products: of no bounded size, but perhaps of one sign.
      const Range times = range_of(c, c[*w.derivation->times]);
      const bool positive = (of.high > 0 && times.high > 0) || (of.low < 0 && times.low < 0);
      const bool negative = (of.high > 0 && times.low < 0) || (of.low < 0 && times.high > 0);
      drawn.include(positive ? kUnbounded : 0);
      drawn.include(negative ? -kUnbounded : 0);
      break;
    }
  }
  Range out;
  for (double x : {drawn.low, drawn.high}) {
    const double scaled = w.scale == 0 ? 0 : x * w.scale;
    out.include(scaled + w.identity);
    if (!one_to_one) out.include(scaled);
  }
  return out;
}

/// Values that the weights can have, at the start or by learning.
Range range_of(const Circuit& c, const Projection& j) {
  constexpr double kUnbounded = std::numeric_limits<double>::infinity();
  if (j.view) {
    const Range of = range_of(c, c[j.view->of]);
    const Range deviation = j.view->deviation ? range_of(c, *j.view->deviation, false) : Range{0, 0};
    Range out;
    out.include(j.view->scale == 0 ? 0 : j.view->scale * (of.low + deviation.low));
    out.include(j.view->scale == 0 ? 0 : j.view->scale * (of.high + deviation.high));
    return out;
  }
  Range r = range_of(c, j.weights, j.topology == Topology::one_to_one);
  if (!j.rule || j.rule->eta == 0) return r;
  if (j.rule->interpreted || j.rule->post.kind != PostFactor::Kind::none) return {-kUnbounded, kUnbounded};
  // Pure decay stays between where a weight starts and where it goes.
  r.include(j.rule->decay.toward == WeightDecay::Toward::identity ? 1 : 0);
  return r;
}

Ingredient mixed_signs(const Circuit& c) {
  Names because;
  for (std::uint32_t k = 0; k < c.populations().size(); ++k) {
    Range all;
    for (const Projection& j : c.projections()) {
      // What multiplies is a gain, neither excitation nor inhibition.
      if (j.from != PopulationId{k} || j.effect == Effect::multiply) continue;
      const Range r = range_of(c, j);
      all.include(r.low);
      all.include(r.high);
    }
    if (all.low < 0 && all.high > 0) because.push_back(c.populations()[k].name);
  }
  return needed_for("mixed signs", because, "excite and inhibit at once (against Dale's law): {}",
                    "each population's weights have one sign, and keep it");
}

Ingredient global_signal(const Circuit& c) {
  Names because;
  for (std::uint32_t k = 0; k < c.populations().size(); ++k) {
    if (c.populations()[k].size != 1 || c.stimulus() == PopulationId{k}) continue;
    std::set<std::string> areas;
    for (const Projection& j : c.projections()) {
      if (j.from == PopulationId{k} && c[j.to].area != c.populations()[k].area) areas.insert(c[j.to].area);
    }
    if (areas.size() > 1)
      because.push_back(fmt::format("{} (to {} areas)", c.populations()[k].name, areas.size()));
  }
  return needed_for("global signal", because, "one number is broadcast: {}",
                    "no single number reaches several areas");
}

Ingredient one_to_one_wiring(const Circuit& c) {
  Names because;
  for (const Projection& j : c.projections()) {
    const bool pairs = j.topology == Topology::one_to_one || (!j.view && j.weights.is_identity());
    if (pairs && j.from != j.to && c[j.from].size > 1 && c[j.to].size > 1) because.push_back(j.name);
  }
  for (const Population& p : c.populations()) {
    if (p.teacher && p.size > 1)
      because.push_back(fmt::format("{} with its teacher {}", p.name, c[*p.teacher].name));
  }
  return needed_for("one-to-one wiring", because, "each neuron has its partner: {}",
                    "no projection pairs neurons");
}

Ingredient identity_laterals(const Circuit& c) {
  Names fixed, learned;
  for (const Projection& j : c.projections()) {
    if (j.view || j.pathway != Pathway::lateral) continue;
    if (j.weights.is_identity()) {
      (j.rule && j.rule->eta != 0 ? learned : fixed).push_back(j.name);
    } else if (j.rule && j.rule->eta != 0 && j.rule->decay.alpha != 0 &&
               j.rule->decay.toward == WeightDecay::Toward::identity) {
      learned.push_back(j.name);
    }
  }
  Ingredient out = needed_for("identity laterals", fixed, "exactly 1 between partners, for ever: {}",
                              "no lateral projection is a fixed identity");
  if (!learned.empty())
    out.reason += fmt::format("; drawn towards the identity by a rule: {}", some_of(learned));
  return out;
}

Ingredient lookahead(const Circuit& c) {
  Names because;
  for (const Population& p : c.populations()) {
    const bool sends = std::any_of(c.projections().begin(), c.projections().end(), [&](const Projection& j) {
      return c[j.from].name == p.name && (j.transmits != Quantity::rate || p.lookahead) &&
             j.transmits != Quantity::soma;
    });
    if (p.kind == Population::Kind::neurons && sends) because.push_back(p.name);
  }
  return needed_for("lookahead", because, "send what their potential is about to be (prospective coding): {}",
                    "all rates follow the present potential");
}

Ingredient target(const Circuit& c) {
  Names because;
  for (const Population& p : c.populations()) {
    if (p.teacher)
      because.push_back(fmt::format("{} compares its rates with {}", p.name, c[*p.teacher].name));
  }
  for (const Projection& j : c.projections()) {
    const bool teaches = c.target() ? j.from == *c.target() : j.pathway == Pathway::teaching;
    if (j.transmits == Quantity::mismatch) {
      because.push_back(fmt::format("the mismatch reaches {}.{}", c[j.to].name, j.compartment));
    } else if (teaches) {
      because.push_back(fmt::format("{} reaches {}.{}", c[j.from].name, c[j.to].name, j.compartment));
    }
  }
  return needed_for("target", because, "{}", "nothing tells the circuit what its output should be");
}

}  // namespace

std::vector<Ingredient> ingredients(const Circuit& c) {
  return {weight_transport(c),
          shared_weights(c),
          separate_phases(c),
          signed_signals(c),
          mixed_signs(c),
          {"non-local terms", false,
           "a rule can only multiply quantities that exist at its synapse; the description has no others"},
          global_signal(c),
          one_to_one_wiring(c),
          identity_laterals(c),
          lookahead(c),
          target(c)};
}

}  // namespace apical
