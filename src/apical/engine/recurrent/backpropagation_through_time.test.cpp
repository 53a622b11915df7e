// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/recurrent/backpropagation_through_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/core/error.h"
#include "apical/engine/recurrent/test_networks.h"

namespace apical::recurrent {
namespace {

using test::random_network;
using test::random_trial;

constexpr double kDifference = 1e-6;  ///< of central differences, which leaves 1e-8 of the gradient

/// d loss / d parameter by central differences.
double slope_of(const Network& network, const Trial& trial, double& parameter) {
  const double value = parameter;
  parameter = value + kDifference;
  const double above = total_loss(run(network, trial));
  parameter = value - kDifference;
  const double below = total_loss(run(network, trial));
  parameter = value;
  return (above - below) / (2 * kDifference);
}

class Backpropagation : public testing::TestWithParam<std::tuple<Leak, ReadoutLoss>> {
 protected:
  Network network_ = random_network(std::get<0>(GetParam()), std::get<1>(GetParam()), 1);
  Trial trial_ = random_trial(network_, 12, 7);
};

TEST_P(Backpropagation, IsTheGradientOfTheLossInEveryParameterAndTheStart) {
  network_.held = {{3, 0.8}};
  const ThroughTime exact = backpropagate(network_, run(network_, trial_));
  for (std::size_t k = 0; k < network_.th.size(); ++k) {
    EXPECT_NEAR(exact.gradient.th.flat()[k], slope_of(network_, trial_, network_.th.flat()[k]), 1e-7);
  }
  for (std::size_t k = 0; k < network_.V.size(); ++k) {
    EXPECT_NEAR(exact.gradient.V.flat()[k], slope_of(network_, trial_, network_.V.flat()[k]), 1e-7);
  }
  for (std::size_t k = 0; k < network_.c.size(); ++k) {
    EXPECT_NEAR(exact.gradient.c[k], slope_of(network_, trial_, network_.c[k]), 1e-7);
  }
  for (std::size_t k = 0; k < trial_.start.size(); ++k) {
    EXPECT_NEAR(exact.of_start[k], slope_of(network_, trial_, trial_.start[k]), 1e-7);
  }
}

TEST_P(Backpropagation, ContributionsOfAllUsesAddUp) {
  const ThroughTime exact = backpropagate(network_, run(network_, trial_), {.by_step_of_use = true});
  Matrix<double> sum(network_.th.rows(), network_.th.cols());
  for (const Matrix<double>& use : exact.by_use) plain::add_scaled(sum.flat(), 1, use.flat());
  EXPECT_LT(test::distance(sum, exact.gradient.th), 1e-14);
}

TEST_P(Backpropagation, AHorizonOfAllStepsIsExactAndOneOfNoneIsZero) {
  const auto course = run(network_, trial_);
  const Matrix<double> exact = backpropagate(network_, course).gradient.th;
  // Summed error by error, the horizon of T - 1 leaves out the first step alone.
  EXPECT_LT(test::distance(backpropagate(network_, course, {.horizon = 12}).gradient.th, exact), 1e-13);
  EXPECT_GT(test::distance(backpropagate(network_, course, {.horizon = 11}).gradient.th, exact), 1e-6);
  const auto none = backpropagate(network_, course, {.horizon = 0}).gradient.th;
  EXPECT_THAT(std::vector<double>(none.flat().begin(), none.flat().end()), testing::Each(0.0));
}

INSTANTIATE_TEST_SUITE_P(Networks, Backpropagation,
                         testing::Combine(testing::Values(Leak::rate, Leak::potential),
                                          testing::Values(ReadoutLoss::mse, ReadoutLoss::softmax_ce)));

TEST(RecurrentNetwork, PermutedUnitsPermuteTheGradient) {
  const Network network = random_network(Leak::rate, ReadoutLoss::mse, 1);
  const Trial trial = random_trial(network, 9, 3);
  const std::vector<std::size_t> place{3, 0, 4, 2, 1};
  Network permuted = network;
  Trial moved = trial;
  const std::size_t n = network.units();
  const auto column = [&](std::size_t k) { return k < n ? place[k] : k; };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < network.th.cols(); ++k) permuted.th(i, k) = network.th(place[i], column(k));
    for (std::size_t o = 0; o < 2; ++o) permuted.V(o, i) = network.V(o, place[i]);
    moved.start[i] = trial.start[place[i]];
  }
  const auto exact = backpropagate(network, run(network, trial)).gradient.th;
  const auto other = backpropagate(permuted, run(permuted, moved)).gradient.th;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < exact.cols(); ++k)
      EXPECT_NEAR(other(i, k), exact(place[i], column(k)), 1e-12);
  }
}

TEST(RecurrentNetwork, ASilentUnitLeavesTheGradientOfTheOthers) {
  const Network network = random_network(Leak::potential, ReadoutLoss::mse, 1);
  const Trial trial = random_trial(network, 9, 3);
  const std::size_t n = network.units();
  Network larger = network;
  larger.th = Matrix<double>(n + 1, network.th.cols() + 1);
  larger.V = Matrix<double>(2, n + 1);
  const auto column = [&](std::size_t k) { return k < n ? k : k + 1; };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < network.th.cols(); ++k) larger.th(i, column(k)) = network.th(i, k);
    for (std::size_t o = 0; o < 2; ++o) larger.V(o, i) = network.V(o, i);
  }
  Trial longer = trial;
  longer.start.push_back(0);
  const auto exact = backpropagate(network, run(network, trial)).gradient.th;
  const auto other = backpropagate(larger, run(larger, longer)).gradient.th;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < exact.cols(); ++k) EXPECT_NEAR(other(i, column(k)), exact(i, k), 1e-12);
  }
}

TEST(RecurrentNetwork, WhatDoesNotFitIsRefused) {
  const Network network = random_network(Leak::rate, ReadoutLoss::mse, 1);
  Network wrong = network;
  wrong.k = 0;
  EXPECT_THROW(wrong.validate(), ConfigError);
  wrong = network;
  wrong.V = Matrix<double>(2, 4);
  EXPECT_THROW(wrong.validate(), ConfigError);
  wrong = network;
  wrong.held = {{5, 1}};
  EXPECT_THROW(wrong.validate(), ConfigError);
  wrong.th = Matrix<double>(5, 5);
  EXPECT_THROW(wrong.validate(), ConfigError);
  wrong.th = {};
  EXPECT_THROW(wrong.validate(), ConfigError);
  Trial trial = random_trial(network, 4, 1);
  trial.inputs = Matrix<double>(4, 7);
  EXPECT_THROW(run(network, trial), DataError);
  trial = random_trial(network, 4, 1);
  trial.mask.pop_back();
  EXPECT_THROW(run(network, trial), DataError);
  trial = random_trial(network, 4, 1);
  trial.push = Matrix<double>(4, 5);
  EXPECT_THROW(run(network, trial), ConfigError);
}

}  // namespace
}  // namespace apical::recurrent
