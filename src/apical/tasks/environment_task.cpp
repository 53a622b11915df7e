// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/environment_task.h"

#include <fmt/format.h>

#include "apical/tasks/foreign_world.h"
#include "apical/tasks/task_fields.h"

namespace apical {
namespace {

constexpr const char* kHandedIn =
    "environments live in a program: in Python, apical.Task.env(...) hands one in";

struct EnvironmentOptions {
  std::string world;
  double solved = 0;
  std::uint32_t validation_episodes = 20, test_episodes = 100;
  std::uint64_t validation_seed = 123456, test_seed = 44, seed = 0;
};

void fields(FieldVisitor& v, EnvironmentOptions& o) {
  v({.name = "world", .meaning = "memory:NAME of an environment that a program hands in", .optional = true},
    o.world);
  v({"solved", "", "mean return of the last 100 training episodes from which on it counts as solved"},
    o.solved);
  count_field(v, "validation_episodes", "episodes of a validation, each from a start of its own",
              o.validation_episodes, 0);
  count_field(v, "test_episodes", "episodes of the test", o.test_episodes, 0);
  seed_field(v, "validation_seed", "seed of the starts in validation", o.validation_seed);
  seed_field(v, "test_seed", "seed of the starts in the test", o.test_seed);
  seed_field(v, o.seed);
}

const HandedWorld& find_world(const std::string& source, const Resources& resources) {
  if (source.empty())
    throw FieldError::about({"world"}, "task 'environment' needs 'world', the name of an environment",
                            kHandedIn);
  const std::string name = name_in_memory(source);
  std::vector<std::string> names;
  if (resources.worlds) {
    const auto found = resources.worlds->by_name.find(name);
    if (!name.empty() && found != resources.worlds->by_name.end()) return found->second;
    for (const auto& [known, world] : resources.worlds->by_name) names.push_back("memory:" + known);
  }
  throw FieldError("world", fmt::format("is '{}', and no environment of that name was handed in", source),
                   names.empty() ? kHandedIn : suggestion(source, names));
}

Dataset build(const EnvironmentOptions& o, const Resources& resources) {
  const HandedWorld world = find_world(o.world, resources);
  // Keeps what was handed in alive as long as environments can be made.
  const auto worlds = [&](std::uint64_t seed) {
    return [seed, world, kept = resources.worlds]() -> std::unique_ptr<Environment> {
      return std::make_unique<ReplayedEnvironment>(world.make(), world.observations, seed);
    };
  };
  Dataset data;
  data.name = "environment";
  data.readout = Readout::largest_output;
  Episodes& e = data.episodes.emplace();
  e.train = worlds(o.seed);
  e.validation = worlds(o.validation_seed);
  e.test = worlds(o.test_seed);
  e.observations = world.observations;
  e.actions = world.actions;
  e.validation_episodes = o.validation_episodes;
  e.test_episodes = o.test_episodes;
  e.solved = o.solved;
  return data;
}

}  // namespace

TaskInfo environment_task() {
  return {.name = "environment",
          .description =
              "learn from reward in a world of your own, which a program hands in (docs/python.md); "
              "validation and test take the action with the largest output",
          .citation = "your own world; cite where it comes from",
          .recipe = TaskRecipe(EnvironmentOptions{}),
          .rewards = true};
}

}  // namespace apical
