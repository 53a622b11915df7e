// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/reward_toml.h"

#include <fmt/format.h>

namespace apical {
namespace {

constexpr std::int64_t kMany = 1'000'000'000;

void refuse(TomlReader& t, std::initializer_list<const char*> keys, const std::string& method,
            const char* why) {
  for (const char* key : keys) {
    if (t.has(key))
      throw ConfigError(fmt::format("'reward.{}' does not go with method '{}': {}", key, method, why),
                        t.place(key), "leave it out");
  }
}

/// A ConfigError of `check` that opens with the name of a field gets the place of its key.
template <class F>
void at_field(TomlReader& t, F&& check) {
  try {
    check();
  } catch (const ConfigError& e) {
    const std::string message = e.bare_message();
    const std::size_t end = message.find(' ');
    const std::string key = message.substr(0, end);
    if (!t.has(key)) throw;
    throw ConfigError("'reward." + key + "'" + message.substr(end), t.place(key), e.hint());
  }
}

}  // namespace

FieldValues policy_defaults() {
  FieldValues values;
  return values.set("activation", "tanh").set("output", "linear").set("loss", "mse");
}

RewardPlan read_reward_plan(TomlReader& t) {
  RewardPlan p;
  const std::string method = t.choice("method", {"ppo", "reinforce", "actor-critic"}, "ppo");
  p.method = method == "ppo"         ? RewardMethod::ppo
             : method == "reinforce" ? RewardMethod::reinforce
                                     : RewardMethod::actor_critic;
  const bool online = p.method == RewardMethod::actor_critic, ppo = p.method == RewardMethod::ppo;
  const auto count = [&](const char* key, std::size_t otherwise) {
    return static_cast<std::size_t>(t.integer(key, static_cast<std::int64_t>(otherwise), 1, kMany));
  };
  p.environments = count("environments", p.environments);
  p.steps = count("steps", p.steps);
  p.gamma = t.number("gamma", p.gamma);
  p.lambda = t.number("lambda", p.lambda);
  p.time_limit = t.choice("time_limit", {"bootstrap", "terminal"}, "bootstrap") == "bootstrap"
                     ? TimeLimit::bootstrap
                     : TimeLimit::terminal;
  p.reward_scale = t.number("reward_scale", p.reward_scale);
  p.credit_scale = t.number("credit_scale", p.credit_scale);
  if (online) {
    refuse(t, {"passes", "minibatches", "value_coefficient", "entropy_coefficient", "normalise_advantages"},
           method, "it learns at every step");
  } else {
    p.passes = count("passes", ppo ? p.passes : 1);
    p.minibatches = count("minibatches", ppo ? p.minibatches : 1);
    p.value_coefficient = t.number("value_coefficient", p.value_coefficient);
    p.entropy_coefficient = t.number("entropy_coefficient", p.entropy_coefficient);
    p.normalise_advantages = t.boolean("normalise_advantages", true);
  }
  if (ppo) {
    p.clip = t.number("clip", p.clip);
  } else {
    refuse(t, {"clip"}, method, "only ppo has gates");
  }
  t.finish();
  at_field(t, [&] { p.validate(); });
  return p;
}

void check_rules(TomlReader& t, const RewardSettings& settings, const models::LayeredNetwork& policy) {
  at_field(t, [&] { settings.plan.check_rules(policy, settings.value); });
}

models::LayeredNetwork read_value_network(TomlReader& t, const ModelChoice& policy) {
  FieldValues like = policy.values;
  auto layers = std::get<Entries>(*like.find("layers"));
  layers.back() = 1.0;  // units
  like.set("layers", layers);
  const ModelChoice choice = read_model(t, like, policy.name);
  if (const auto* network = std::get_if<models::LayeredNetwork>(&choice.subject)) return *network;
  throw ConfigError(
      fmt::format("model '{}' is a circuit; rewards are predicted by a layered network", choice.name),
      t.place("name"), "'apical models' lists both");
}

}  // namespace apical
