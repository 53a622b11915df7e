// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/foreign_world.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/random.h"
#include "apical/tasks/environment_task.h"

namespace apical {
namespace {

/// A walk on a line whose every step has a noise that the seed decides.
class NoisyWalk final : public ForeignWorld {
 public:
  explicit NoisyWalk(std::uint64_t broken_after = 1000) : broken_after_(broken_after) {}
  void begin(std::uint32_t seed, std::span<double> observation) override {
    seed_ = seed;
    steps_ = 0;
    place_ = 0;
    observation[0] = place_;
  }
  Environment::Outcome act(std::uint32_t action, std::span<double> observation) override {
    ++steps_;
    place_ += (action == 1 ? 1 : -1) + 0.1 * uniform({seed_ + drift, Stream::environment, 1, steps_});
    observation[0] = steps_ > broken_after_ ? std::nan("") : place_;
    return {place_, std::abs(place_) > 5, steps_ >= 40};
  }
  std::uint64_t drift = 0;  ///< another one is another world

 private:
  std::uint64_t broken_after_, seed_ = 0, steps_ = 0;
  double place_ = 0;
};

TEST(ForeignWorlds, ComeBackToAStateByPlayingTheEpisodeAgain) {
  ReplayedEnvironment world(std::make_unique<NoisyWalk>(), 1, 7);
  world.begin(3);
  for (int i = 0; i < 9; ++i) world.act(i % 2);
  Snapshot here;
  here.take(world);
  const double seen = world.observation()[0];
  const Environment::Outcome next = world.act(1);
  world.begin(4);
  here.restore(world);
  EXPECT_EQ(world.observation()[0], seen);
  EXPECT_EQ(world.act(1).reward, next.reward);
}

TEST(ForeignWorlds, ThatAreClosedHaveAStateAndNothingElse) {
  ReplayedEnvironment world(std::make_unique<NoisyWalk>(), 1, 7), closed(nullptr, 1, 7);
  world.begin(3);
  for (int i = 0; i < 4; ++i) world.act(1);
  Snapshot state;
  state.take(world);
  const double seen = world.observation()[0];
  state.restore(closed);
  EXPECT_EQ(closed.observation()[0], seen);
  world.begin(8);
  state.take(closed);
  state.restore(world);
  EXPECT_EQ(world.observation()[0], seen) << "it was kept whole";
}

TEST(ForeignWorlds, StartOtherwiseInEveryEpisodeAndForEverySeed) {
  const auto first_step = [](std::uint64_t seed, std::uint64_t episode) {
    ReplayedEnvironment world(std::make_unique<NoisyWalk>(), 1, seed);
    world.begin(episode);
    return world.act(1).reward;
  };
  EXPECT_EQ(first_step(1, 2), first_step(1, 2));
  EXPECT_NE(first_step(1, 2), first_step(1, 3));
  EXPECT_NE(first_step(1, 2), first_step(2, 2));
}

TEST(ForeignWorlds, ThatDoNotRepeatThemselvesAreRefused) {
  auto walk = std::make_unique<NoisyWalk>();
  NoisyWalk& inside = *walk;
  ReplayedEnvironment world(std::move(walk), 1, 7);
  for (int i = 0; i < 3; ++i) world.act(1);
  Snapshot here;
  here.take(world);
  inside.drift = 5;
  try {
    here.restore(world);
    FAIL() << "it is another world now";
  } catch (const DataError& e) {
    EXPECT_NE(std::string(e.what()).find("same 3 actions, observation 0"), std::string::npos) << e.what();
  }
}

TEST(ForeignWorlds, ObservationsThatAreNotFiniteAreFaults) {
  ReplayedEnvironment world(std::make_unique<NoisyWalk>(2), 1, 7);
  world.act(1);
  world.act(1);
  try {
    world.act(1);
    FAIL() << "the third observation is NaN";
  } catch (const NumericalFault& e) {
    EXPECT_EQ(e.where().population, "environment");
    EXPECT_EQ(e.where().quantity, "observation");
    EXPECT_EQ(e.where().step, 3);
  }
}

TEST(ForeignWorlds, AreATaskByTheNameUnderWhichTheyAreHandedIn) {
  auto worlds = std::make_shared<HandedWorlds>();
  worlds->by_name["walk"] = {[] { return std::make_unique<NoisyWalk>(); }, 1, 2};
  ThreadPool alone(1);
  Resources resources{alone};
  resources.worlds = worlds;
  const Dataset data =
      make_dataset("environment", TaskParameters{}.set("world", std::string("memory:walk")), resources);
  EXPECT_EQ(data.inputs(), 1U);
  EXPECT_EQ(data.outputs(), 2U);
  const auto world = data.episodes->train(), other = data.episodes->train();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(world->act(1).reward, other->act(1).reward) << "the same start, the same world";
  }
  other->begin(1);
  EXPECT_NE(world->act(1).reward, other->act(1).reward);
}

TEST(ForeignWorlds, ThatWereNotHandedInAreToldWithTheNearestName) {
  const auto message = [](std::shared_ptr<const HandedWorlds> worlds) {
    ThreadPool alone(1);
    Resources resources{alone};
    resources.worlds = std::move(worlds);
    try {
      make_dataset("environment", TaskParameters{}.set("world", std::string("memory:wlak")), resources);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  auto worlds = std::make_shared<HandedWorlds>();
  worlds->by_name["walk"] = {[] { return std::make_unique<NoisyWalk>(); }, 1, 2};
  EXPECT_NE(message(worlds).find("memory:walk"), std::string::npos) << message(worlds);
  EXPECT_NE(message(nullptr).find("Task.env"), std::string::npos) << message(nullptr);
}

}  // namespace
}  // namespace apical
