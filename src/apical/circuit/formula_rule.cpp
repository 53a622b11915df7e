// SPDX-License-Identifier: Apache-2.0
#include "apical/circuit/formula_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "apical/core/error.h"

namespace apical {
namespace {

using formula::Expression;
using formula::Node;
using formula::Operation;

/// Names of what is multiplied, sorted.
using Product = std::vector<std::string>;
/// Products with their factors.
using Sum = std::map<Product, double>;

constexpr std::size_t kMostTerms = 64;
constexpr double kHighestPower = 8;

Sum times(const Sum& left, const Sum& right) {
  Sum out;
  for (const auto& [l, c] : left) {
    for (const auto& [r, d] : right) {
      Product both = l;
      both.insert(both.end(), r.begin(), r.end());
      std::sort(both.begin(), both.end());
      out[std::move(both)] += c * d;
    }
  }
  return out;
}

std::optional<double> as_number(const Sum& sum) {
  if (sum.empty()) return 0;
  if (sum.size() > 1 || !sum.begin()->first.empty()) return {};
  return sum.begin()->second;
}

std::optional<Sum> power_of(const Sum& base, std::optional<double> exponent) {
  if (!exponent || *exponent < 1 || *exponent > kHighestPower || *exponent != std::floor(*exponent))
    return {};
  Sum out = base;
  for (int k = 1; k < static_cast<int>(*exponent) && out.size() <= kMostTerms; ++k) out = times(out, base);
  return out;
}

std::string name_of(const Node& n) {
  return n.compartment.empty() ? std::string(apical::name_of(n.local)) : "v_" + n.compartment;
}

/// The node as a sum of products; nothing if it is none, or one with very many terms.
std::optional<Sum> sum_of(const Node& n, const std::vector<std::optional<Sum>>& made) {
  if (n.operation == Operation::number) return Sum{{{}, n.number}};
  if (n.operation == Operation::local) return Sum{{{name_of(n)}, 1.0}};
  const std::optional<Sum>&left = made[n.left], &right = made[n.right];
  if (!left || !right) return {};
  switch (n.operation) {
    case Operation::add:
    case Operation::subtract: {
      Sum out = *left;
      for (const auto& [product, c] : *right) out[product] += n.operation == Operation::add ? c : -c;
      return out;
    }
    case Operation::negate:
      return times({{{}, -1.0}}, *left);
    case Operation::multiply:
      return times(*left, *right);
    case Operation::divide: {
      const std::optional<double> by = as_number(*right);
      if (!by || *by == 0) return {};
      Sum out = *left;
      for (auto& [product, c] : out) c /= *by;
      return out;
    }
    case Operation::power:
      return power_of(*left, as_number(*right));
    default:
      return {};
  }
}

std::optional<Sum> multiplied_out(const Expression& expression) {
  std::vector<std::optional<Sum>> made;
  made.reserve(expression.nodes.size());
  for (const Node& n : expression.nodes) {
    std::optional<Sum> sum = sum_of(n, made);
    if (sum && sum->size() > kMostTerms) sum.reset();
    made.push_back(std::move(sum));
  }
  if (made.back()) std::erase_if(*made.back(), [](const auto& term) { return term.second == 0; });
  return made.back();
}

/// The post factor of terms that all have `pre` in them, and what they are multiplied with; nothing if no
/// kernel has it.
std::optional<std::pair<PostFactor, double>> post_factor(std::map<std::string, double> terms,
                                                         const std::string& compartment) {
  const auto take = [&](const std::string& name) {
    const auto at = terms.find(name);
    if (at == terms.end()) return 0.0;
    const double c = at->second;
    terms.erase(at);
    return c;
  };
  const double look = take("look"), foreseen = take("a v"), rate = take("rate");
  PostFactor post;
  std::string read = compartment;
  double v = 0;
  if (!terms.empty()) {
    if (terms.size() > 1) return {};
    const std::string name = terms.begin()->first;
    if (name != "v") {
      if (!name.starts_with("v_")) return {};
      read = name.substr(2);
    }
    v = take(name);
  }
  if (look != 0 && rate == 0 && (foreseen == 0 || v == 0)) {
    if (foreseen != 0 && foreseen != -look) return {};
    post.kind = PostFactor::Kind::voltage_residual;
    post.compartment = read;
    if (foreseen == 0) post.attenuation = v == 0 ? 0 : -v / look;
    return std::pair{post, look};
  }
  if (look != 0 || foreseen != 0 || (v != 0) == (rate != 0)) return {};
  post.kind = rate != 0 ? PostFactor::Kind::rate : PostFactor::Kind::compartment;
  if (v != 0) post.compartment = read;
  return std::pair{post, rate != 0 ? rate : v};
}

/// Nothing if no kernel has it.
std::optional<PlasticityRule> kernel_of(const Sum& terms, const std::string& compartment) {
  PlasticityRule rule;
  double decay = 0;
  std::map<std::string, double> with_pre;  // by what else is in the product
  for (const auto& [product, c] : terms) {
    if (product == Product{"w"}) {
      decay = -c;
      continue;
    }
    Product rest = product;
    const auto pre = std::ranges::find(rest, "pre");
    if (pre == rest.end()) return {};
    rest.erase(pre);
    if (rest.empty() || (rest.size() > 1 && rest != Product{"a", "v"})) return {};
    with_pre[rest.size() == 1 ? rest.front() : "a v"] = c;
  }
  if (with_pre.empty()) {
    // Pure decay, or nothing at all.
    rule.eta = decay != 0 ? 1 : 0;
    rule.decay.alpha = decay;
    return rule;
  }
  const auto post = post_factor(std::move(with_pre), compartment);
  if (!post) return {};
  rule.post = post->first;
  rule.eta = post->second;
  rule.pre.kind = PreFactor::Kind::transmitted;
  if (decay != 0) rule.decay.alpha = decay / rule.eta;
  return rule;
}

// ---- between neurons that spike

/// How often what jumps, and the presynaptic trace, are factors of each term.
struct Degree {
  int jump = 0, pre = 0;
  bool operator==(const Degree&) const = default;
  bool none() const { return jump == 0 && pre == 0; }
};

[[noreturn]] void refuse_spiking(const Formula& f, const std::string& why) {
  throw ConfigError(
      fmt::format("'{}' is no rule of a spiking projection: {}", f.text, why), {},
      "possible is (f * event + g * burst) * pre, with f and g of p, event_rate, burst_rate and numbers, "
      "e.g. eta * (burst - p * event) * pre");
}

Degree degree_of(const Formula& f, const Node& n, const std::vector<Degree>& of) {
  if (n.operation == Operation::number) return {};
  if (n.operation == Operation::local) {
    const bool jumps = n.local == formula::Local::event || n.local == formula::Local::burst;
    return {jumps ? 1 : 0, n.local == formula::Local::pre ? 1 : 0};
  }
  const Degree &left = of[n.left], &right = of[n.right];
  switch (n.operation) {
    case Operation::add:
    case Operation::subtract:
      if (left == right) return left;
      refuse_spiking(f, left.jump != right.jump
                            ? "one term changes the weight at an event or burst, another one between them"
                            : "one term has the presynaptic trace in it, another one has not");
    case Operation::negate:
      return left;
    case Operation::multiply: {
      const Degree both{left.jump + right.jump, left.pre + right.pre};
      if (both.jump > 1) refuse_spiking(f, "events and bursts are instants and cannot be multiplied");
      if (both.pre > 1) refuse_spiking(f, "the trace 'pre' is multiplied with itself");
      return both;
    }
    case Operation::divide:
      if (!right.none()) refuse_spiking(f, "it divides by 'event', 'burst' or 'pre'");
      return left;
    default:
      if (!left.none() || !right.none())
        refuse_spiking(f, "'event', 'burst' and 'pre' are factors, and stand in no function or power");
      return {};
  }
}

/// What stands before the trace at one kind of jump: the formula with 1 for that kind and the trace, and
/// without what the other kind is a factor of.
Expression at_jump(const Expression& whole, formula::Local jump) {
  Expression out;
  std::vector<std::optional<std::uint32_t>> made;  // nothing: of the other kind
  const auto add = [&](Node node) -> std::optional<std::uint32_t> {
    out.nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(out.nodes.size() - 1);
  };
  for (const Node& n : whole.nodes) {
    const bool local = n.operation == Operation::local;
    const bool jumps = local && (n.local == formula::Local::event || n.local == formula::Local::burst);
    if (jumps && n.local != jump) {  // what happens at the others is no part of it
      made.emplace_back();
      continue;
    }
    if (local && (jumps || n.local == formula::Local::pre)) {
      made.push_back(add({.operation = Operation::number, .number = 1}));
    } else if (formula::is_leaf(n.operation)) {
      made.push_back(add(n));
    } else if (made[n.left] && made[n.right]) {
      Node of = n;
      of.left = *made[n.left];
      of.right = *made[n.right];
      made.push_back(add(std::move(of)));
    } else if (n.operation == Operation::add) {
      made.push_back(made[n.left] ? made[n.left] : made[n.right]);
    } else if (n.operation == Operation::subtract && made[n.left]) {
      made.push_back(made[n.left]);
    } else if (n.operation == Operation::subtract && made[n.right]) {
      made.push_back(add({.operation = Operation::negate, .left = *made[n.right], .right = *made[n.right]}));
    } else {
      made.emplace_back();
    }
  }
  if (made.back()) {
    out.nodes.resize(*made.back() + 1);  // what comes later is no part of it
  } else {
    add({.operation = Operation::number, .number = 0});
  }
  return out;
}

/// False if the kernel does not have it.
bool is_kernel(const Sum& terms, spike::BurstRule& rule) {
  const auto factor = [&](const Product& product) {
    const auto at = terms.find(product);
    return at == terms.end() ? 0.0 : at->second;
  };
  const double bursts = factor({"burst", "pre"}), events = factor({"event", "pre"}),
               shares = factor({"event", "p", "pre"});
  const std::size_t known = (bursts != 0 ? 1U : 0U) + (events != 0 ? 1U : 0U) + (shares != 0 ? 1U : 0U);
  if (bursts == 0 || terms.size() != known) return false;
  if (shares == -bursts && events == 0) {
    rule.eta = bursts;
    return true;
  }
  const double fixed = -events / bursts;
  if (shares != 0 || fixed < 0 || fixed > 1) return false;
  rule.eta = bursts;
  rule.fixed_burst_probability = fixed;
  return true;
}

}  // namespace

void begin_as_formula(spike::BurstRule& rule) {
  rule.minimum_rate_Hz = 0;
  rule.maximum_rate_Hz = std::numeric_limits<double>::infinity();
}

void take_formula(spike::BurstRule& rule) {
  rule.interpreted = false;
  if (!rule.formula) return;
  const Formula& f = *rule.formula;
  const Expression expression = formula::parse(f, formula::Synapse::spiking);
  std::vector<Degree> degrees;
  degrees.reserve(expression.nodes.size());
  for (const Node& n : expression.nodes) degrees.push_back(degree_of(f, n, degrees));
  if (degrees.back().jump == 0)
    refuse_spiking(f, "it has neither 'event' nor 'burst', and weights change only there");
  if (degrees.back().pre == 0) refuse_spiking(f, "it has no 'pre', the trace of the synapse's own input");
  rule.fixed_burst_probability.reset();
  const auto terms = multiplied_out(expression);
  if (terms && is_kernel(*terms, rule)) return;
  rule.eta = 1;
  rule.interpreted = true;
}

Jumps jumps_of(const Formula& f) {
  const Expression whole = formula::parse(f, formula::Synapse::spiking);
  return {at_jump(whole, formula::Local::event), at_jump(whole, formula::Local::burst)};
}

double value_of(const Expression& jump, double p, double event_rate_Hz, double burst_rate_Hz) {
  const auto local = [&](formula::Local of) {
    return of == formula::Local::p ? p : of == formula::Local::event_rate ? event_rate_Hz : burst_rate_Hz;
  };
  std::vector<double> values;
  values.reserve(jump.nodes.size());
  for (const Node& n : jump.nodes) {
    if (n.operation == Operation::number) {
      values.push_back(n.number);
    } else if (n.operation == Operation::local) {
      values.push_back(local(n.local));
    } else {
      values.push_back(formula::value_of(n.operation, values[n.left], values[n.right]));
    }
  }
  return values.back();
}

PlasticityRule rule_of(const Formula& formula, const std::string& compartment) {
  const Expression expression = formula::parse(formula);
  std::optional<PlasticityRule> rule;
  if (const auto terms = multiplied_out(expression)) rule = kernel_of(*terms, compartment);
  if (!rule) rule = PlasticityRule{.eta = 1, .interpreted = true};
  rule->formula = formula;
  return *rule;
}

}  // namespace apical
