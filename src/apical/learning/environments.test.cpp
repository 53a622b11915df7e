// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/environments.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/random.h"
#include "apical/tasks/cart_pole.h"
#include "apical/tasks/task.h"

namespace apical {
namespace {

Dataset cart_pole(double episode_steps = 500) {
  return make_dataset("cart-pole-v1", TaskParameters{}.set("episode_steps", episode_steps).set("seed", 7));
}

std::uint32_t push(std::span<const double> s) {
  return s[0] + 4.2 * s[1] + 62.8 * s[2] + 16.3 * s[3] > 0 ? 1 : 0;
}

TEST(Environments, AreTheEpisodesOfGymOneAfterTheOther) {
  const Dataset data = cart_pole();
  Environments worlds(*data.episodes, 1);
  GymCartPole gym;
  for (std::uint64_t episode = 0; episode < 3; ++episode) {
    gym.reset(7, episode);
    GymCartPole::Outcome now;
    for (std::uint32_t step = 0; !now.done(); ++step) {
      EXPECT_TRUE(std::ranges::equal(worlds.observation(0), gym.state()));
      const std::uint32_t action = step % 3 == 0 ? 0 : 1;
      now = gym.step(static_cast<int>(action));
      const Environments::Step step_here = worlds.act(0, action);
      EXPECT_EQ(step_here.reward, 1);
      EXPECT_EQ(step_here.end == layered::StepEnd::terminal, now.terminated);
    }
    EXPECT_TRUE(std::ranges::equal(worlds.final_observation(0), gym.state()))
        << "where it fell, not where the next begins";
  }
  EXPECT_EQ(worlds.episodes(), 3U);
}

TEST(Environments, ReturnsAreOfTheLastEpisodesThatEnded) {
  Dataset data = cart_pole(20);
  data.episodes->window = 4;
  Environments worlds(*data.episodes, 2);
  EXPECT_TRUE(std::isnan(worlds.mean_return()));
  while (worlds.episodes() < 4) {
    for (std::size_t e = 0; e < 2; ++e) worlds.act(e, 0);  // always to the left: falls after about nine steps
  }
  EXPECT_NEAR(worlds.mean_return(), 9.5, 1.5);
  EXPECT_DOUBLE_EQ(worlds.mean_return(), std::round(worlds.mean_return() * 4) / 4)
      << "a mean of four whole numbers";
  const std::uint64_t fallen = worlds.episodes();
  while (worlds.episodes() < fallen + 6) {
    for (std::size_t e = 0; e < 2; ++e) {
      const Environments::Step s = worlds.act(e, push(worlds.observation(e)));
      EXPECT_NE(s.end, layered::StepEnd::terminal);
    }
  }
  EXPECT_EQ(worlds.mean_return(), 20) << "cut by the time limit; those before are forgotten";
}

TEST(Environments, GoOnFromTheirStateAsIfNothingHadHappened) {
  const Dataset data = cart_pole(30);
  Environments worlds(*data.episodes, 3), other(*data.episodes, 3);
  const auto course = [](Environments& w, int steps) {
    std::vector<double> seen;
    for (int t = 0; t < steps; ++t) {
      for (std::size_t e = 0; e < w.size(); ++e) {
        w.act(e, static_cast<std::uint32_t>((t / 2 + static_cast<int>(e)) % 2));
        seen.insert(seen.end(), w.observation(e).begin(), w.observation(e).end());
      }
    }
    seen.push_back(w.mean_return());
    return seen;
  };
  course(worlds, 47);
  Snapshot state;
  state.take(worlds);
  state.restore(other);
  EXPECT_EQ(course(worlds, 100), course(other, 100));
}

// The random policy returns 22.4 with standard deviation 12.0 (as measured elsewhere). Five standard errors
// of 2000 episodes and the rounding of that figure: fails by chance once in two million.
TEST(Environments, ARandomPolicyReturnsAboutTwentyTwo) {
  Dataset data = cart_pole();
  data.episodes->window = 2000;
  Environments worlds(*data.episodes, 8);
  for (std::uint64_t t = 0; worlds.episodes() < 2000; ++t) {
    for (std::size_t e = 0; e < 8; ++e)
      worlds.act(e, static_cast<std::uint32_t>(
                        uniform_integer({5, Stream::action, static_cast<std::uint32_t>(e), t}, 2)));
  }
  EXPECT_NEAR(worlds.mean_return(), 22.4, 5 * 12.0 / std::sqrt(2000.0) + 0.05);
}

}  // namespace
}  // namespace apical
