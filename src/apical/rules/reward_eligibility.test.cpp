// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/reward_eligibility.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "apical/engine/recurrent/backpropagation_through_time.h"
#include "apical/engine/recurrent/test_networks.h"

namespace apical::recurrent {
namespace {

TEST(RewardEligibility, ASweepOfSinglePushesIsTheExactGradient) {
  Network network = test::random_network(Leak::potential, ReadoutLoss::mse, 3);
  network.held = {{1, 1.0}};
  Trial trial = test::random_trial(network, 8, 5);
  trial.start[1] = 1;
  const std::size_t n = network.units();
  constexpr double push = 1e-4;
  Matrix<double> sum(n, n);
  for (std::size_t t = 0; t < trial.steps(); ++t) {
    for (std::size_t i = 0; i < n; ++i) {
      for (const double sign : {1.0, -1.0}) {
        trial.push = Matrix<double>(trial.steps(), n);
        trial.push(t, i) = sign * push;
        const auto course = run(network, trial);
        const auto e = gather_eligibility(network, trial, course, {}).perturbation;
        // Two signs leave no term of second order; sigma^2 is push^2 for each.
        plain::add_scaled(sum.flat(), total_loss(course) / (2 * push * push), e.flat());
      }
    }
  }
  trial.push = {};
  const auto exact = backpropagate(network, run(network, trial)).gradient.th;
  Matrix<double> J(n, n);
  for (std::size_t i = 0; i < n; ++i) std::copy_n(exact.row(i).begin(), n, J.row(i).begin());
  EXPECT_LT(test::distance(sum, J), 1e-7);
}

TEST(RewardEligibility, ChangesAreClippedAndVanishWithoutSurprise) {
  Matrix<double> e(1, 2);
  e(0, 0) = 1e6;
  e(0, 1) = 1e-3;
  const RewardOptions options;
  const auto change = reward_change(e, 0.5, 1, options);
  EXPECT_DOUBLE_EQ(change(0, 0), options.limit);  // better than expected: along the eligibility
  EXPECT_DOUBLE_EQ(change(0, 1), 0.1 * 0.5e-3);
  EXPECT_EQ(reward_change(e, 1, 1, options)(0, 0), 0);
}

}  // namespace
}  // namespace apical::recurrent
