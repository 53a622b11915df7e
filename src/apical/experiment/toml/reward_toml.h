// SPDX-License-Identifier: Apache-2.0
// The tables [reward] and [value] of an experiment whose task answers actions with reward.
//   [reward]
//   method = "ppo"            # or "reinforce", "actor-critic"
//   environments = 8
//   steps = 128
//   [value]                   # whatever is not said here is as in [model]
//   learning_rate = 0.003
#pragma once

#include "apical/experiment/toml/model_toml.h"
#include "apical/learning/reward_plan.h"

namespace apical {

/// What a policy or value network is if the file does not say it: outputs are linear, below them tanh.
FieldValues policy_defaults();
/// ConfigError with the place of the key that is wrong, or that has no meaning for the method.
RewardPlan read_reward_plan(TomlReader& reward);
/// ConfigError with the place of the method if it cannot carry what a rule learns.
void check_rules(TomlReader& reward, const RewardSettings& settings, const models::LayeredNetwork& policy);
/// Like the policy, but for one output, unless [value] says otherwise.
models::LayeredNetwork read_value_network(TomlReader& value, const ModelChoice& policy);

}  // namespace apical
