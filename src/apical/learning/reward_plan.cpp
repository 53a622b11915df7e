// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/reward_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace apical {
namespace {
constexpr double kMost = 1e9;
}  // namespace

RewardPlan RewardPlan::of(RewardMethod method) {
  RewardPlan p;
  p.method = method;
  if (method != RewardMethod::ppo) p.passes = p.minibatches = 1;
  return p;
}

void method_field(FieldVisitor& v, RewardPlan& p) {
  v({"method", "", "how a policy learns from reward"}, p.method);
}

void fields(FieldVisitor& v, RewardPlan& p) {
  method_field(v, p);
  const bool online = p.method == RewardMethod::actor_critic;
  const std::string method = fmt::format("method '{}': ", name_of(p.method));
  v({"environments", "", "side by side, of one seed", within(1, kMost)}, p.environments);
  v({"steps", "steps", "of each environment in one iteration", within(1, kMost)}, p.steps);
  v({"gamma", "", "what reward one step later is worth", within(0, 1)}, p.gamma);
  v({"lambda", "", "decay of advantages, or of traces, beside gamma", within(0, 1)}, p.lambda);
  v.choice({"time_limit", "", "an episode that was cut is worth the value of its final state, or nothing"},
           p.time_limit, {"bootstrap", "terminal"});
  v({"reward_scale", "", "multiplies rewards before anything is learned from them", more_than(0)},
    p.reward_scale);
  v({"credit_scale", "", "multiplies errors on their way into a rule; credit is divided by it", more_than(0)},
    p.credit_scale);
  if (v.when(!online)) {
    v({"passes", "", "over the steps of an iteration", within(1, kMost)}, p.passes);
    v({"minibatches", "", "of a pass, of equal size or one step more", within(1, kMost)}, p.minibatches);
    if (p.minibatches > p.steps_per_iteration()) {
      throw FieldError(
          {"minibatches", "environments", "steps"},
          fmt::format("is {}; expected no more than there are steps in an iteration", p.minibatches));
    }
    v({"value_coefficient", "", "weight of the value network's loss", more_than(0)}, p.value_coefficient);
    v({"entropy_coefficient", "", "weight of the policy's entropy", at_least(0)}, p.entropy_coefficient);
    v({"normalise_advantages", "", "to mean 0 and deviation 1 in each mini-batch"}, p.normalise_advantages);
    if (p.normalise_advantages && p.steps_per_iteration() < 2 * p.minibatches) {
      throw FieldError(
          {"minibatches", "environments", "steps"},
          fmt::format("is {}; expected two steps or more in each, of which an iteration has {}: the only "
                      "advantage of a piece, normalised, is 0",
                      p.minibatches, p.steps_per_iteration()),
          "choose fewer minibatches, or normalise_advantages = false");
    }
  } else {
    for (const char* key :
         {"passes", "minibatches", "value_coefficient", "entropy_coefficient", "normalise_advantages"})
      v.without(key, method + "it learns at every step");
  }
  if (v.when(p.method == RewardMethod::ppo)) {
    v({"clip", "", "a decision stops to teach where its probability has changed by more than this share",
       more_than(0)},
      p.clip);
  } else {
    v.without("clip", method + "only ppo has gates");
  }
}

void RewardPlan::validate() const { check_fields(*this); }

void RewardPlan::check_rules(const models::LayeredNetwork& policy,
                             const models::LayeredNetwork& value) const {
  if (method != RewardMethod::actor_critic) return;
  for (const auto& [which, network] : {std::pair{"policy", &policy}, {"value network", &value}}) {
    const auto rule = layered::make_rule<float>(network->rule, network->network, 0);
    if (rule->learns_by_credit_alone()) continue;
    std::string name(rule->name());
    std::replace(name.begin(), name.end(), '_', '-');
    const char* why = rule->updates_per_batch() > 1 ? "changes the weights several times for each answer"
                                                    : "has feedback that learns in a way of its own";
    throw FieldError("method",
                     fmt::format("is actor-critic, whose traces hold one credit per synapse and "
                                 "step; the {} learns by {}, which {}",
                                 which, name, why),
                     "choose method = \"ppo\" or \"reinforce\", or another rule");
  }
}

}  // namespace apical
