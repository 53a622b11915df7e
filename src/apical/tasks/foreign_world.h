// SPDX-License-Identifier: Apache-2.0
// Worlds that are programmed elsewhere, whose state is their own secret: what task 'environment' acts in.
//   HandedWorlds mine;
//   mine.by_name["maze"] = {.make = [] { return std::make_unique<Maze>(); }, .observations = 6, .actions =
//   4}; Resources{pool, .worlds = std::make_shared<const HandedWorlds>(mine)}          // world =
//   "memory:maze"
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "apical/tasks/environment.h"

namespace apical {

class ForeignWorld {
 public:
  virtual ~ForeignWorld() = default;
  /// Goes to the start that this seed alone decides, and says what is observed there.
  virtual void begin(std::uint32_t seed, std::span<double> observation) = 0;
  /// The same for the state that the action leads to. With the seed, the actions alone decide what follows.
  virtual Environment::Outcome act(std::uint32_t action, std::span<double> observation) = 0;
};

struct HandedWorld {
  std::function<std::unique_ptr<ForeignWorld>()> make;
  std::size_t observations = 0, actions = 0;
  const void* identity = nullptr;  ///< the same for copies; for whoever hands worlds in
};

/// What a program hands in (Resources::worlds).
struct HandedWorlds {
  std::map<std::string, HandedWorld, std::less<>> by_name;
};
/// Worlds of these sizes that nobody can act in, in place of the one called memory:NAME: for who reads the
/// state of a learner and nothing else.
std::shared_ptr<const HandedWorlds> closed_worlds(const std::string& source, std::size_t observations,
                                                  std::size_t actions);
/// What memory:NAME names; empty if `source` is of another kind.
std::string name_in_memory(const std::string& source);

/// A foreign world as an environment. Its state is the episode and what has been done in it: to come back to
/// a state, the episode is played again. DataError if it then is another one, NumericalFault for observations
/// and rewards that are not finite.
class ReplayedEnvironment final : public Environment {
 public:
  /// Starts of episodes are drawn from `seed`. Without a world there is a state and nothing else.
  ReplayedEnvironment(std::unique_ptr<ForeignWorld> world, std::size_t observations, std::uint64_t seed);
  void begin(std::uint64_t episode) override;
  std::span<const double> observation() const override { return observation_; }
  Outcome act(std::uint32_t action) override;
  void visit_state(StateVisitor& a) override;

 private:
  void check(double reward) const;

  std::unique_ptr<ForeignWorld> world_;
  std::uint64_t seed_, episode_ = 0;
  std::vector<std::uint32_t> actions_;  ///< of this episode so far
  std::vector<double> observation_;
};

}  // namespace apical
