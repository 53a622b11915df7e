// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/reward_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/core/error.h"

namespace apical {

void RewardPlan::validate() const {
  const auto expect = [](bool good, const char* key, double found, const char* expected) {
    if (!good) throw ConfigError(fmt::format("{} is {:g}; expected {}", key, found, expected));
  };
  expect(environments > 0, "environments", 0, "at least one");
  expect(steps > 0, "steps", 0, "at least one per iteration");
  expect(gamma >= 0 && gamma <= 1, "gamma", gamma, "a number from 0 to 1");
  expect(lambda >= 0 && lambda <= 1, "lambda", lambda, "a number from 0 to 1");
  expect(reward_scale > 0, "reward_scale", reward_scale, "more than 0");
  expect(credit_scale > 0, "credit_scale", credit_scale, "more than 0");
  if (method == RewardMethod::actor_critic) return;  // what follows has no meaning there
  expect(passes > 0, "passes", 0, "at least one");
  expect(minibatches > 0 && minibatches <= steps_per_iteration(), "minibatches",
         static_cast<double>(minibatches), "at least one, and no more than there are steps in an iteration");
  if (normalise_advantages && steps_per_iteration() < 2 * minibatches) {
    throw ConfigError(fmt::format("minibatches is {}; expected two steps or more in each, of which an "
                                  "iteration has {}: the only advantage of a piece, normalised, is 0",
                                  minibatches, steps_per_iteration()),
                      {}, "choose fewer minibatches, or normalise_advantages = false");
  }
  expect(value_coefficient > 0, "value_coefficient", value_coefficient, "more than 0");
  expect(entropy_coefficient >= 0, "entropy_coefficient", entropy_coefficient, "0 or more");
  expect(clip > 0, "clip", clip, "more than 0");
}

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
    throw ConfigError(fmt::format("method is actor-critic, whose traces hold one credit per synapse and "
                                  "step; the {} learns by {}, which {}",
                                  which, name, why),
                      {}, "choose method = \"ppo\" or \"reinforce\", or another rule");
  }
}

}  // namespace apical
