// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/online_recurrent.h"

#include <gtest/gtest.h>

#include "apical/engine/recurrent/backpropagation_through_time.h"
#include "apical/engine/recurrent/test_networks.h"

namespace apical::recurrent {
namespace {

using test::distance;
using test::random_network;
using test::random_trial;
using Follows = SynapseTrace::Follows;

Matrix<double> of_trace(const Network& network, const Trial& trial, Follows follows) {
  SynapseTrace trace(network, follows);
  Matrix<double> th(network.th.rows(), network.th.cols());
  for (const Step& step : run(network, trial)) {
    trace.follow(network, step);
    trace.credit(learning_signal(network, step), th);
  }
  return th;
}

Matrix<double> exact(const Network& network, const Trial& trial) {
  return backpropagate(network, run(network, trial)).gradient.th;
}

/// W times `by`; with `diagonal`, off it 0.
Network scaled_recurrence(Network network, double by, bool diagonal = false) {
  for (std::size_t i = 0; i < network.units(); ++i) {
    for (std::size_t j = 0; j < network.units(); ++j) network.th(i, j) *= diagonal && i != j ? 0 : by;
  }
  return network;
}

class OnlineRules : public testing::TestWithParam<Leak> {
 protected:
  Network network_ = random_network(GetParam(), ReadoutLoss::softmax_ce, 4);
  Trial trial_ = random_trial(network_, 10, 9);
};

TEST_P(OnlineRules, RealTimeRecurrentLearningIsExact) {
  RealTimeRecurrent rule(network_);
  Matrix<double> th(network_.th.rows(), network_.th.cols());
  for (const Step& step : run(network_, trial_)) {
    rule.follow(network_, step);
    rule.credit(learning_signal(network_, step), th);
  }
  EXPECT_LT(distance(th, exact(network_, trial_)), 1e-12);
}

TEST_P(OnlineRules, TheDiagonalIsExactIfUnitsReachThemselvesAlone) {
  const Network diagonal = scaled_recurrence(network_, 1, true);
  EXPECT_LT(distance(of_trace(diagonal, trial_, Follows::diagonal), exact(diagonal, trial_)), 1e-12);
  EXPECT_GT(distance(of_trace(diagonal, trial_, Follows::leak), exact(diagonal, trial_)), 1e-3);
}

TEST_P(OnlineRules, TheLeakAloneIsExactWithoutRecurrence) {
  const Network none = scaled_recurrence(network_, 0);
  EXPECT_LT(distance(of_trace(none, trial_, Follows::leak), exact(none, trial_)), 1e-12);
  EXPECT_GT(distance(of_trace(network_, trial_, Follows::leak), exact(network_, trial_)), 1e-2);
}

TEST_P(OnlineRules, ErrorsOfTheTracesAreOfFirstOrderInRecurrence) {
  for (const Follows follows : {Follows::leak, Follows::diagonal}) {
    const auto error = [&](double by) {
      const Network weak = scaled_recurrence(network_, by);
      return distance(of_trace(weak, trial_, follows), exact(weak, trial_));
    };
    EXPECT_NEAR(error(0.01) / error(0.001), 10, 0.5);
  }
}

TEST_P(OnlineRules, WithoutMemoryOfItsOwnTheLeakIsAHorizonOfOneStep) {
  network_.k = 1;
  const auto cut = backpropagate(network_, run(network_, trial_), {.horizon = 1}).gradient.th;
  EXPECT_LT(distance(of_trace(network_, trial_, Follows::leak), cut), 1e-12);
}

TEST_P(OnlineRules, UnbiasedOnlineIsExactInTheMeanOverAllSigns) {
  const Network network = random_network(GetParam(), ReadoutLoss::mse, 4, 3);
  const Trial trial = random_trial(network, 3, 9);
  const auto course = run(network, trial);
  Matrix<double> mean(network.th.rows(), network.th.cols());
  for (unsigned code = 0; code < 512; ++code) {
    UnbiasedOnline rule(network);
    for (std::size_t t = 0; t < 3; ++t) {
      Vector signs(3);
      for (std::size_t i = 0; i < 3; ++i) signs[i] = (code >> (3 * t + i)) % 2 == 0 ? 1 : -1;
      rule.follow(network, course[t], signs);
      Matrix<double> now(mean.rows(), mean.cols());
      rule.credit(learning_signal(network, course[t]), now);
      plain::add_scaled(mean.flat(), 1.0 / 512, now.flat());
    }
  }
  EXPECT_LT(distance(mean, exact(network, trial)), 1e-12);
}

TEST_P(OnlineRules, KroneckerFactorsAreExactInTheMeanOverAllSigns) {
  const Network network = random_network(GetParam(), ReadoutLoss::mse, 4, 3);
  const Trial trial = random_trial(network, 5, 9);
  const auto course = run(network, trial);
  Matrix<double> mean(network.th.rows(), network.th.cols());
  for (unsigned code = 0; code < 1024; ++code) {
    KroneckerFactored rule(network);
    for (std::size_t t = 0; t < 5; ++t) {
      const double signs[] = {(code >> (2 * t)) % 2 == 0 ? 1.0 : -1.0,
                              (code >> (2 * t + 1)) % 2 == 0 ? 1.0 : -1.0};
      rule.follow(network, course[t], signs);
      Matrix<double> now(mean.rows(), mean.cols());
      rule.credit(learning_signal(network, course[t]), now);
      plain::add_scaled(mean.flat(), 1.0 / 1024, now.flat());
    }
  }
  EXPECT_LT(distance(mean, exact(network, trial)), 1e-12);
}

INSTANTIATE_TEST_SUITE_P(Leaks, OnlineRules, testing::Values(Leak::rate, Leak::potential));

}  // namespace
}  // namespace apical::recurrent
