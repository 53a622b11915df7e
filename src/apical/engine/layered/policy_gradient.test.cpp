// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/policy_gradient.h"

#include <gtest/gtest.h>

#include "apical/engine/layered/test_networks.h"

namespace apical::layered {
namespace {

struct Steps {
  std::vector<double> reward{1, -0.5, 2, 0.3, 1}, value{0.2, 0.7, -0.4, 1.1, 0.6};
  std::vector<StepEnd> end{StepEnd::going, StepEnd::going, StepEnd::terminal, StepEnd::going, StepEnd::going};
  double after = 0.9;
  Rollout rollout() const { return {reward, end, value, after, {}}; }
};

TEST(PolicyGradient, LambdaOneIsDiscountedReturnMinusValueAndLambdaZeroThePredictionError) {
  const Steps s;
  const double gamma = 0.9;
  const auto one = generalised_advantages(s.rollout(), gamma, 1);
  double future = s.after;
  for (std::size_t t = 5; t-- > 0;) {
    future = s.reward[t] + gamma * (s.end[t] == StepEnd::terminal ? 0 : future);
    EXPECT_NEAR(one.advantage[t], future - s.value[t], 1e-12);
  }
  const auto zero = generalised_advantages(s.rollout(), gamma, 0);
  for (std::size_t t = 0; t < 5; ++t) EXPECT_NEAR(zero.advantage[t], zero.td[t], 1e-15);
}

TEST(PolicyGradient, ATimeLimitBootstrapsTheFinalStateOrCountsAsTerminal) {
  Steps s;
  s.end[2] = StepEnd::time_limit;
  const std::vector<double> at_limit{0, 0, 5, 0, 0};
  Rollout rollout = s.rollout();
  EXPECT_NEAR(generalised_advantages(rollout, 0.9, 0.5).td[2], 2 - -0.4, 1e-15);
  rollout.value_at_limit = at_limit;
  const auto bootstrapped = generalised_advantages(rollout, 0.9, 0.5);
  EXPECT_NEAR(bootstrapped.td[2], 2 + 0.9 * 5 + 0.4, 1e-15);
  EXPECT_NEAR(bootstrapped.advantage[2], bootstrapped.td[2], 1e-15)
      << "nothing leaks in from the next episode";
  rollout.reward = std::span<const double>(s.reward).first(4);
  EXPECT_THROW(generalised_advantages(rollout, 0.9, 0.5), DataError);
}

struct Decisions {
  Matrix<double> logits = random_rows<double>(6, 3, 4), delta = Matrix<double>(6, 3);
  std::vector<std::uint32_t> action{0, 1, 2, 2, 1, 0};
  std::vector<double> advantage{0.5, -1, 2, -0.3, 0.1, 1};
  Policy policy = softmax_policy<double>(std::as_const(logits).view(), action);
};

TEST(PolicyGradient, AnUnmovedPolicyHasOpenGatesAndTheReinforceGradient) {
  Decisions d;
  Matrix<double> reinforce = d.delta;
  const auto ppo =
      clipped_objective<double>(d.policy, d.action, d.policy.log_prob, d.advantage, 0.2, 0, d.delta.view());
  reinforce_delta<double>(d.policy, d.action, d.advantage, reinforce.view());
  for (std::size_t n = 0; n < 6; ++n) {
    EXPECT_EQ(ppo.ratio[n], 1);
    EXPECT_EQ(ppo.gate[n], 1);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(d.delta(n, k), reinforce(n, k), 1e-12);
  }
}

TEST(PolicyGradient, OutsideTheTrustRegionOnTheProfitableSideNothingIsLearned) {
  Decisions d;
  std::vector<double> old = d.policy.log_prob;
  for (std::size_t n = 0; n < 6; ++n)
    old[n] += d.advantage[n] > 0 ? -0.5 : 0.5;  // moved too far the way A wants
  const auto ppo = clipped_objective<double>(d.policy, d.action, old, d.advantage, 0.2, 0, d.delta.view());
  for (const double gate : ppo.gate) EXPECT_EQ(gate, 0);
  for (const double x : d.delta.flat()) EXPECT_EQ(x, 0);
  for (std::size_t n = 0; n < 6; ++n) old[n] = d.policy.log_prob[n] + (d.advantage[n] > 0 ? 0.5 : -0.5);
  for (const double gate :
       clipped_objective<double>(d.policy, d.action, old, d.advantage, 0.2, 0, d.delta.view()).gate) {
    EXPECT_EQ(gate, 1) << "moved the wrong way: the gate stays open";
  }
}

TEST(PolicyGradient, DeltaIsTheDerivativeOfTheObjectiveAtTheLogits) {
  Decisions d;
  std::vector<double> old = d.policy.log_prob;
  for (std::size_t n = 0; n < 6; ++n) old[n] += 0.05 * (static_cast<double>(n) - 2);
  const double c_e = 0.03;
  Matrix<double> scratch = d.delta;
  const auto objective = [&](MatrixView<double> delta) {
    const Policy p = softmax_policy<double>(std::as_const(d.logits).view(), d.action);
    const auto ppo = clipped_objective<double>(p, d.action, old, d.advantage, 0.2, c_e, delta);
    return ppo.policy_loss - c_e * ppo.mean_entropy;
  };
  objective(d.delta.view());
  for (std::size_t n = 0; n < 6; ++n) {
    for (std::size_t k = 0; k < 3; ++k) {
      const double kept = d.logits(n, k);
      d.logits(n, k) = kept + 1e-6;
      const double up = objective(scratch.view());
      d.logits(n, k) = kept - 1e-6;
      const double down = objective(scratch.view());
      d.logits(n, k) = kept;
      EXPECT_NEAR((up - down) / 2e-6 * 6, d.delta(n, k), 1e-8);
    }
  }
}

}  // namespace
}  // namespace apical::layered
