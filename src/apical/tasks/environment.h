// SPDX-License-Identifier: Apache-2.0
// A world that answers actions with reward, in episodes: observation, action, reward and the next
// observation, until the episode ends by itself (terminal: nothing follows) or is cut by a time limit (what
// would have followed is unknown, not nothing).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "apical/core/state_visitor.h"

namespace apical {

class Environment {
 public:
  struct Outcome {
    double reward = 0;
    bool terminal = false;    ///< the new state has no future
    bool time_limit = false;  ///< the episode is cut here
    bool ends() const { return terminal || time_limit; }
  };

  virtual ~Environment() = default;
  /// Goes to the start of episode number `episode`; the same for everybody.
  virtual void begin(std::uint64_t episode) = 0;
  virtual std::span<const double> observation() const = 0;
  /// `action` counts from 0. Must not be called after the end of an episode.
  virtual Outcome act(std::uint32_t action) = 0;
  virtual void visit_state(StateVisitor& a) = 0;
};

/// An environment as part of a data set: training, validation and test act in it instead of showing samples.
struct Episodes {
  using Factory = std::function<std::unique_ptr<Environment>()>;
  Factory train, validation, test;  ///< the same world, other starts
  std::size_t observations = 0, actions = 0;
  std::uint32_t validation_episodes = 0, test_episodes = 0;
  double solved = 0;  ///< mean return of the last `window` training episodes that counts as solved
  std::size_t window = 100;
  std::optional<double> least_return = {}, most_return = {};  ///< of an episode, if they are known
};

}  // namespace apical
