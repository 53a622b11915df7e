// SPDX-License-Identifier: Apache-2.0
// Environments side by side, each at its own place in its own episode, and what their episodes returned.
#pragma once

#include <memory>
#include <vector>

#include "apical/engine/layered/policy_gradient.h"
#include "apical/tasks/environment.h"

namespace apical {

class Environments {
 public:
  Environments(const Episodes& episodes, std::size_t count);

  std::size_t size() const { return worlds_.size(); }
  std::span<const double> observation(std::size_t e) const { return worlds_[e].world->observation(); }

  struct Step {
    double reward = 0;
    layered::StepEnd end = layered::StepEnd::going;
  };
  /// After an end the environment stands at the start of the next episode; what it ended in is
  /// final_observation().
  Step act(std::size_t e, std::uint32_t action);
  std::span<const double> final_observation(std::size_t e) const { return worlds_[e].final_observation; }

  /// All environments together.
  std::uint64_t steps() const { return steps_; }
  std::uint64_t episodes() const { return ended_; }
  /// Mean return of the last `window` episodes, of fewer if there were fewer; NaN before the first end.
  double mean_return() const;

  void visit_state(StateVisitor& a);

 private:
  struct World {
    std::unique_ptr<Environment> world;
    double episode_return = 0;
    std::vector<double> final_observation;
  };
  std::vector<World> worlds_;
  std::uint64_t next_episode_ = 0, steps_ = 0, ended_ = 0;
  std::vector<double> last_returns_;  ///< the return of episode n is at n modulo the window
};

}  // namespace apical
