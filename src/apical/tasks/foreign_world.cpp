// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/foreign_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "apical/core/random.h"

namespace apical {
namespace {

/// Foreign generators are seeded with 31 bits, which every one of them takes.
std::uint32_t start_seed(std::uint64_t seed, std::uint64_t episode) {
  return random_words({seed, Stream::environment, 0, episode})[0] >> 1;
}

}  // namespace

std::string name_in_memory(const std::string& source) {
  constexpr std::string_view kInMemory = "memory:";
  return source.starts_with(kInMemory) ? source.substr(kInMemory.size()) : "";
}

std::shared_ptr<const HandedWorlds> closed_worlds(const std::string& source, std::size_t observations,
                                                  std::size_t actions) {
  auto worlds = std::make_shared<HandedWorlds>();
  worlds->by_name[name_in_memory(source)] = {[] { return nullptr; }, observations, actions};
  return worlds;
}

ReplayedEnvironment::ReplayedEnvironment(std::unique_ptr<ForeignWorld> world, std::size_t observations,
                                         std::uint64_t seed)
    : world_(std::move(world)), seed_(seed), observation_(observations) {
  begin(0);
}

void ReplayedEnvironment::begin(std::uint64_t episode) {
  episode_ = episode;
  actions_.clear();
  if (world_ == nullptr) return;
  world_->begin(start_seed(seed_, episode), observation_);
  check(0);
}

Environment::Outcome ReplayedEnvironment::act(std::uint32_t action) {
  APICAL_CHECK(world_ != nullptr);
  actions_.push_back(action);
  const Outcome now = world_->act(action, observation_);
  check(now.reward);
  return now;
}

void ReplayedEnvironment::check(double reward) const {
  const auto fault = [&](const char* quantity, std::size_t unit, double value) {
    return NumericalFault({.population = "environment",
                           .quantity = quantity,
                           .unit = unit,
                           .seed = seed_,
                           .step = static_cast<std::int64_t>(actions_.size()),
                           .value = value});
  };
  if (!std::isfinite(reward)) throw fault("reward", 0, reward);
  for (std::size_t i = 0; i < observation_.size(); ++i) {
    if (!std::isfinite(observation_[i])) throw fault("observation", i, observation_[i]);
  }
}

void ReplayedEnvironment::visit_state(StateVisitor& a) {
  std::uint64_t episode = episode_, taken = actions_.size();
  a("episode", episode);
  a("taken", taken);
  std::vector<std::uint32_t> actions = actions_;
  actions.resize(taken);
  a("actions", std::span(actions));
  std::vector<double> seen = observation_;
  a("observation", std::span(seen));
  if (!a.kReading) return;
  begin(episode);
  if (world_ == nullptr) {
    actions_ = std::move(actions);
    observation_ = std::move(seen);
    return;
  }
  for (const std::uint32_t action : actions) act(action);
  const auto differs = std::ranges::mismatch(seen, observation_).in1;
  if (differs == seen.end()) return;
  const auto i = static_cast<std::size_t>(differs - seen.begin());
  throw DataError(
      fmt::format("the environment does not repeat itself: after the same start and the same {} actions, "
                  "observation {} is {:g} "
                  "where it was {:g}; its start and its draws must follow from the seed alone",
                  taken, i, observation_[i], seen[i]));
}

}  // namespace apical
