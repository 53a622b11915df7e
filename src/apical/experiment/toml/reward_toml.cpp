// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/reward_toml.h"

#include <fmt/format.h>

#include "apical/experiment/toml/field_toml.h"

namespace apical {
FieldValues policy_defaults() {
  FieldValues values;
  return values.set("activation", "tanh").set("output", "linear").set("loss", "mse");
}

RewardPlan read_reward_plan(TomlReader& t) {
  RewardPlan plan;
  t.placing([&] {
    TomlFields reader(t);
    method_field(reader, plan);  // on which defaults of the others depend
  });
  plan = RewardPlan::of(plan.method);
  read_fields(t, plan);
  t.finish();
  return plan;
}

void check_rules(TomlReader& t, const RewardSettings& settings, const models::LayeredNetwork& policy) {
  t.placing([&] { settings.plan.check_rules(policy, settings.value); });
}

models::LayeredNetwork read_value_network(TomlReader& t, const ModelChoice& policy) {
  FieldValues like = policy.values;
  auto layers = std::get<Entries>(*like.find("layers"));
  layers.back() = 1.0;  // units
  like.set("layers", layers);
  const ModelChoice choice = read_model(t, like, policy.name);
  if (const auto* network = std::get_if<models::LayeredNetwork>(&choice.subject)) return *network;
  throw ConfigError(
      fmt::format("model '{}' is a {}; rewards are predicted by a layered network", choice.name,
                  std::holds_alternative<Circuit>(choice.subject) ? "circuit" : "recurrent network"),
      t.place("name"), "'apical models' lists both");
}

}  // namespace apical
