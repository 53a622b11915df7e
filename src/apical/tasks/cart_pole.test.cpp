// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/cart_pole.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"
#include "apical/core/random.h"

namespace apical {
namespace {

// Kinetic energy of cart and rod (moment of inertia m l^2 / 3 about its centre) plus the height of the
// pole.
double energy(const CartPoleState& s) {
  const CartPolePhysics p;
  const double l = p.half_length, m = p.pole_mass;
  return 0.5 * (p.cart_mass + m) * s[1] * s[1] + m * l * s[1] * s[3] * std::cos(s[2]) +
         0.5 * (4.0 / 3.0) * m * l * l * s[3] * s[3] + m * p.gravity * l * std::cos(s[2]);
}

// Without force and friction energy and momentum are conserved; Euler's error falls with dt.
TEST(CartPole, WithoutForceEnergyAndMomentumStay) {
  const auto drift = [](double dt) {
    CartPoleState s{0, 0.3, 0.4, -0.2};
    const double before = energy(s);
    for (int i = 0; i < std::lround(0.5 / dt); ++i) s = cart_pole_step(s, 0, dt);
    return std::abs(energy(s) - before);
  };
  EXPECT_LT(drift(1e-5), 1e-4);
  EXPECT_NEAR(drift(1e-3) / drift(1e-4), 10, 0.5);
}

TEST(CartPole, APoleThatLeansFallsAndAPushTiltsItBackwards) {
  const CartPoleState leaning = cart_pole_step({0, 0, 0.1, 0}, 0, 0.01);
  EXPECT_GT(leaning[3], 0);
  const CartPoleState pushed = cart_pole_step({0, 0, 0, 0}, 1, 0.01);
  EXPECT_GT(pushed[1], 0);
  EXPECT_LT(pushed[3], 0);
}

TEST(CartPole, TheLinearTeacherBringsTheCartHome) {
  CartPoleState s{0.5, -0.3, 0.2, 0.1};
  for (int i = 0; i < 2000; ++i) s = cart_pole_step(s, linear_teacher_force(s), kCartPoleRegulation.dt_s);
  for (double value : s) EXPECT_LT(std::abs(value), 1e-3);
}

// Measured elsewhere: 57.8 % of 400 such starts survive 20 s under the linear teacher.
TEST(CartPole, TheLinearTeacherSurvivesAboutSixOfTenStarts) {
  const int starts = 400;
  int survived = 0;
  for (std::uint64_t i = 0; i < starts; ++i) {
    CartPoleState s = cart_pole_start(kCartPoleRegulation, 1, i);
    bool fallen = false;
    for (std::uint32_t step = 0; step < kCartPoleRegulation.steps && !fallen; ++step) {
      s = cart_pole_step(s, linear_teacher_force(s), kCartPoleRegulation.dt_s);
      fallen = has_fallen(s, kCartPoleRegulation);
    }
    survived += !fallen;
  }
  EXPECT_NEAR(survived / double{starts}, 0.578, 5 * std::sqrt(2 * 0.578 * 0.422 / starts));
}

TEST(CartPole, RegulationComparesControllersOnTheSameStarts) {
  const RegulationScore teacher = regulate(linear_teacher_force, 3);
  EXPECT_EQ(teacher.control_steps, 20000U);
  const RegulationScore again = regulate(linear_teacher_force, 3);
  EXPECT_EQ(teacher.falls, again.falls);
  EXPECT_EQ(teacher.mean_square, again.mean_square);
  const RegulationScore idle = regulate([](const CartPoleState&) { return 0.0; }, 3);
  EXPECT_GT(idle.falls, 10 * std::max(teacher.falls, 1U));
  EXPECT_THROW(regulate([](const CartPoleState&) { return NAN; }, 3), NumericalFault);
}

TEST(CartPole, TheTasksTeacherSteersItsPlantsLikeTheLinearController) {
  const Dataset data =
      make_dataset("cart-pole", TaskParameters{}.set("validation_seed", 3).set("test_seed", 4));
  const ClosedLoop& loop = *data.closed_loop;
  EXPECT_EQ(loop.stretches * loop.control_steps, 20000U);
  std::vector<double> output(1);
  for (const auto& [make, seed] : {std::pair{loop.validation, 3U}, {loop.test, 4U}}) {
    PlantScore score;
    const std::unique_ptr<Plant> plant = make();
    // In any order: a stretch does not depend on the one before.
    for (std::uint32_t stretch = loop.stretches; stretch-- > 0;)
      score += steer(*plant, loop.teacher, output, stretch, loop.control_steps);
    const RegulationScore whole = regulate(linear_teacher_force, seed);
    EXPECT_EQ(score.falls, whole.falls);
    EXPECT_NEAR(score.rms_deviation(), std::sqrt(whole.mean_square[2]), 1e-9);
  }
}

TEST(CartPole, SignOfTheTeacherSolvesGymInEveryEpisode) {
  GymCartPole environment;
  for (std::uint64_t episode = 0; episode < 200; ++episode) {
    CartPoleState s = environment.reset(7, episode);
    double total = 0;
    GymCartPole::Outcome outcome;
    while (!outcome.done()) {
      outcome = environment.step(linear_teacher_force(s) > 0 ? 1 : 0);
      s = outcome.state;
      total += outcome.reward;
    }
    EXPECT_EQ(total, 500) << episode;
    EXPECT_TRUE(outcome.truncated && !outcome.terminated);
  }
}

// Measured elsewhere: return of the random policy 22.4, standard deviation 12.0. Five standard errors of the
// mean and the rounding of that figure: fails by chance once in two million.
TEST(CartPole, RandomPushesLastAboutTwentyTwoSteps) {
  const std::uint64_t episodes = 1000;
  GymCartPole environment;
  double total = 0;
  for (std::uint64_t episode = 0; episode < episodes; ++episode) {
    environment.reset(8, episode);
    GymCartPole::Outcome outcome;
    for (std::uint64_t step = 0; !outcome.done(); ++step) {
      const Address at{8, Stream::action, static_cast<std::uint32_t>(episode), step};
      outcome = environment.step(static_cast<int>(uniform_integer(at, 2)));
      total += outcome.reward;
    }
    EXPECT_TRUE(outcome.terminated);
  }
  EXPECT_NEAR(total / episodes, 22.4, 5 * 12.0 / std::sqrt(episodes) + 0.05);
}

TEST(CartPole, AFinishedEpisodeTakesNoStep) {
  GymCartPole environment;
  environment.reset_to({0, 0, 0.2, 3});
  EXPECT_TRUE(environment.step(1).terminated);
  EXPECT_THROW(environment.step(1), std::logic_error);
  environment.reset(1, 0);
  EXPECT_THROW(environment.step(2), std::logic_error);
}

TEST(CartPole, DatasetTargetsAreTheTeachersForceInUnitsOfItsScale) {
  const Dataset data = make_dataset("cart-pole", TaskParameters{}.set("seed", 2));
  EXPECT_EQ(data.train.size(), 500U);
  std::vector<double> s(4);
  for (std::size_t i = 0; i < 500; ++i) {
    data.train.read_input(i, std::span<double>(s));
    for (double value : s) EXPECT_LE(std::abs(value), 1.5);
    EXPECT_NEAR(data.train.targets(i, 0) * 76.6, s[0] + 4.2 * s[1] + 62.8 * s[2] + 16.3 * s[3], 1e-12);
  }
}

}  // namespace
}  // namespace apical
