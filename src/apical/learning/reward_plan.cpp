// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/reward_plan.h"

#include <fmt/format.h>

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
  expect(passes > 0, "passes", 0, "at least one");
  expect(minibatches > 0 && minibatches <= steps_per_iteration(), "minibatches", static_cast<double>(minibatches),
         "at least one, and no more than there are steps in an iteration");
  expect(value_coefficient > 0, "value_coefficient", value_coefficient, "more than 0");
  expect(entropy_coefficient >= 0, "entropy_coefficient", entropy_coefficient, "0 or more");
  expect(clip > 0, "clip", clip, "more than 0");
}

}  // namespace apical
