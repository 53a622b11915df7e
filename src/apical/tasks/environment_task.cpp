// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/environment_task.h"

#include <fmt/format.h>

#include "apical/tasks/episode_options.h"
#include "apical/tasks/foreign_world.h"

namespace apical {
namespace {

constexpr const char* kHandedIn =
    "environments live in a program: in Python, apical.Task.env(...) hands one in";

struct EnvironmentOptions {
  std::string world;
  EpisodeOptions episodes;
};

void fields(FieldVisitor& v, EnvironmentOptions& o) {
  v({.name = "world", .meaning = "memory:NAME of an environment that a program hands in", .optional = true},
    o.world);
  episode_fields(v, o.episodes);
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
  return episodes_of("environment", o.episodes, world.observations, world.actions, [&](std::uint64_t seed) {
    return [seed, world, kept = resources.worlds]() -> std::unique_ptr<Environment> {
      return std::make_unique<ReplayedEnvironment>(world.make(), world.observations, seed);
    };
  });
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
