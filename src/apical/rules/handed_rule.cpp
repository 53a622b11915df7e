// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/handed_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>
#include <vector>

#include "apical/core/error.h"

namespace apical::layered {
namespace {

constexpr std::string_view kHandedIn = "memory:";

template <class T>
class RuleHandedIn final : public CreditRule<T> {
 public:
  RuleHandedIn(std::string name, HandedCredit<T> credit, FeedbackWeights<T> feedback, std::uint64_t seed)
      : name_(std::move(name)), credit_(std::move(credit)), feedback_(std::move(feedback)), seed_(seed) {}
  std::string_view name() const override { return "layered_rule"; }
  /// It is handed everything at once, and nobody knows what of it it reads.
  Needs needs() const override {
    return {.weight_transport = true, .separate_phases = true, .signed_errors = true};
  }
  MatrixView<const T> output() const override { return activity_.h.back().view(); }
  void rest(bool resting) override { resting_ = resting; }
  void visit_state(StateVisitor& visit) override { visit_matrices<T>(visit, "feedback", feedback_); }
  std::vector<OwnWeights<T>> own_weights() override { return own_feedback(feedback_, FeedbackPath::chained); }

  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int /*update*/) override {
    if (!credit_) {
      throw ConfigError(fmt::format("rule '{}' is a function of another program", name_), {},
                        "only a program that has it in memory can go on with it");
    }
    const NetworkDescription& description = network.description;
    check_batch<T>(description, batch.X, batch.Y);
    forward<T>(workers, network, batch.X, activity_);
    const MatrixView<T> error = error_.resize(batch.X.rows(), description.outputs());
    output_delta<T>(workers, description, output(), batch.Y, error);
    resize(slope_, description, batch.X.rows());
    for (std::size_t l = 0; l < description.depth(); ++l) {
      for (T& s : slope_[l].flat()) s = 1;
      if (description.layers[l].activation != Activation::softmax)
        times_derivative<T>(workers, description.layers[l].activation, activity_.h[l].view(),
                            slope_[l].view());
    }
    credit_({network, batch, activity_, error, slope_, feedback_, seed_, resting_}, out);
    check_finite(out);
    return mean_loss<T>(description, activity_, batch.Y);
  }

 private:
  void check_finite(const Credit<T>& out) const {
    for (std::size_t l = 0; l < out.dW.size(); ++l) {
      const auto look = [&](const char* of, std::span<const T> values, std::size_t per_unit) {
        for (std::size_t i = 0; i < values.size(); ++i) {
          if (std::isfinite(values[i])) continue;
          NumericalFault::Where where{.population = fmt::format("layer {}", l + 1), .quantity = of};
          where.unit = i / per_unit;
          if (per_unit > 1) where.quantity += fmt::format(" from unit {}", i % per_unit);
          where.seed = seed_;
          where.value = static_cast<double>(values[i]);
          throw NumericalFault(std::move(where));
        }
      };
      look("gradient of the weight", out.dW[l].flat(), out.dW[l].cols());
      look("gradient of the offset", std::span<const T>(out.db[l]), 1);
    }
  }

  std::string name_;
  HandedCredit<T> credit_;
  FeedbackWeights<T> feedback_;
  std::uint64_t seed_;
  bool resting_ = false;
  Activity<T> activity_;
  Rows<T> error_;
  LayerRows<T> slope_;
};

}  // namespace

const HandedRule* HandedRuleOptions::found() const {
  if (!rules) return nullptr;
  const auto at = rules->by_name.find(rule.substr(std::min(rule.size(), kHandedIn.size())));
  if (at != rules->by_name.end()) return &at->second;
  std::vector<std::string> names;
  names.reserve(rules->by_name.size());
  for (const auto& [known, handed] : rules->by_name) names.push_back(std::string(kHandedIn) + known);
  throw ConfigError(
      fmt::format("rule '{}' is not in memory", rule), {},
      names.empty() ? "only a program that has it in memory can run it" : suggestion(rule, names));
}

template <class T>
RulePointer<T> HandedRuleOptions::make(const NetworkDescription& network, std::uint64_t seed) const {
  if (!rule.starts_with(kHandedIn) || rule.size() == kHandedIn.size()) {
    throw FieldError("rule",
                     fmt::format("is '{}'; expected memory:NAME of a rule that a program hands in", rule),
                     "rules that files can say are models by name: 'apical models' lists them");
  }
  require_dense(network, rule, "it is told weights as matrices between all units");
  const HandedRule* const handed = found();
  return std::make_unique<RuleHandedIn<T>>(
      rule, handed == nullptr ? HandedCredit<T>() : handed->in<T>(),
      random_feedback<T>(network, FeedbackPath::chained, FeedbackStart{}, seed), seed);
}

template RulePointer<float> HandedRuleOptions::make(const NetworkDescription&, std::uint64_t) const;
template RulePointer<double> HandedRuleOptions::make(const NetworkDescription&, std::uint64_t) const;

RuleEntry handed_rule() {
  return {.name = "layered_rule",
          .description = "a rule that a program hands in",
          .citation = "",
          .options = HandedRuleOptions{}};
}

}  // namespace apical::layered
