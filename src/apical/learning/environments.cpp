// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/environments.h"

#include <algorithm>
#include <limits>
#include <string>

#include "apical/core/error.h"

namespace apical {

Environments::Environments(const Episodes& episodes, std::size_t count) : last_returns_(episodes.window) {
  APICAL_CHECK(count > 0 && episodes.window > 0);
  for (std::size_t e = 0; e < count; ++e) {
    worlds_.push_back({episodes.train(), 0, std::vector<double>(episodes.observations)});
    worlds_.back().world->begin(next_episode_++);
  }
}

Environments::Step Environments::act(std::size_t e, std::uint32_t action) {
  World& w = worlds_[e];
  const Environment::Outcome now = w.world->act(action);
  ++steps_;
  w.episode_return += now.reward;
  if (!now.ends()) return {now.reward, layered::StepEnd::going};
  std::ranges::copy(w.world->observation(), w.final_observation.begin());
  last_returns_[ended_++ % last_returns_.size()] = w.episode_return;
  w.episode_return = 0;
  w.world->begin(next_episode_++);
  return {now.reward, now.terminal ? layered::StepEnd::terminal : layered::StepEnd::time_limit};
}

double Environments::mean_return() const {
  const std::size_t n = std::min<std::uint64_t>(ended_, last_returns_.size());
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += last_returns_[i];
  return n > 0 ? sum / static_cast<double>(n) : std::numeric_limits<double>::quiet_NaN();
}

void Environments::visit_state(StateVisitor& a) {
  for (std::size_t e = 0; e < worlds_.size(); ++e) {
    a.section("environment." + std::to_string(e), [&] {
      worlds_[e].world->visit_state(a);
      a("episode_return", worlds_[e].episode_return);
    });
  }
  a("next_episode", next_episode_);
  a("steps", steps_);
  a("ended", ended_);
  a("last_returns", std::span(last_returns_));
}

}  // namespace apical
