// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/eligibility_propagation.h"

#include <gtest/gtest.h>

#include "apical/core/error.h"
#include "apical/engine/recurrent/test_networks.h"

namespace apical::recurrent {
namespace {

using test::distance;
using test::random_matrix;

SpikingNetwork random_spiking(std::uint64_t seed) {
  SpikingNetwork network;
  network.alpha = 0.95;
  network.rho = 0.99;
  network.kappa = 0.9;
  network.n_ref = 3;
  network.W = random_matrix(6, 6, 0.4, seed);
  for (std::size_t i = 0; i < 6; ++i) network.W(i, i) = 0;
  network.U = random_matrix(6, 4, 0.5, seed + 1);
  network.V = random_matrix(2, 6, 0.5, seed + 2);
  network.beta = {0, 0, 0, 0.1, 0.1, 0.1};
  return network;
}

SpikingTrial random_spikes(std::size_t steps, std::uint64_t seed) {
  SpikingTrial trial{Matrix<double>(steps, 4), random_matrix(steps, 2, 1, seed), Vector(steps, 1.0)};
  for (std::size_t k = 0; k < trial.inputs.size(); ++k) {
    trial.inputs.flat()[k] = uniform({seed, Stream::task_input, 1, k}) < 0.3 ? 1 : 0;
  }
  return trial;
}

double spikes(const std::vector<SpikingStep>& course) {
  double sum = 0;
  for (const SpikingStep& s : course) {
    for (const double z : s.z) sum += z;
  }
  return sum;
}

TEST(EligibilityPropagation, TracesAreReverseModeWithRecurrenceAndResetCut) {
  const SpikingNetwork network = random_spiking(1);
  const SpikingTrial trial = random_spikes(40, 5);
  const auto course = run(network, trial);
  ASSERT_GT(spikes(course), 10);
  const Matrix<double> B = random_matrix(6, 2, 1, 77);
  for (const Matrix<double>* feedback : {static_cast<const Matrix<double>*>(nullptr), &B}) {
    const auto rule = eligibility_propagation(network, trial, course, feedback).gradient;
    const auto cut = surrogate_gradient(network, trial, course, SurrogatePaths::adaptation, feedback);
    EXPECT_LT(distance(rule.W, cut.W), 1e-12);
    EXPECT_LT(distance(rule.U, cut.U), 1e-12);
    EXPECT_LT(distance(rule.V, cut.V), 1e-12);
  }
}

TEST(EligibilityPropagation, WithoutRecurrenceItIsTheSurrogateGradientButForTheReset) {
  SpikingNetwork network = random_spiking(1);
  network.W = Matrix<double>(6, 6);
  const SpikingTrial trial = random_spikes(40, 5);
  const auto course = run(network, trial);
  ASSERT_GT(spikes(course), 5);
  const auto rule = eligibility_propagation(network, trial, course).gradient;
  EXPECT_LT(distance(rule.U, surrogate_gradient(network, trial, course, SurrogatePaths::without_reset).U),
            1e-12);
  EXPECT_GT(distance(rule.U, surrogate_gradient(network, trial, course).U), 1e-3);
}

TEST(EligibilityPropagation, AdaptiveFeedbackApproachesTheReadoutByItsDecay) {
  SpikingNetwork network = random_spiking(1);
  Matrix<double> B = random_matrix(6, 2, 1, 77);
  const SpikingTrial trial = random_spikes(20, 5);
  const auto apart = [&] {
    double sum = 0;
    for (std::size_t j = 0; j < 6; ++j) {
      for (std::size_t k = 0; k < 2; ++k) sum += std::pow(B(j, k) - network.V(k, j), 2);
    }
    return std::sqrt(sum);
  };
  for (int update = 0; update < 3; ++update) {
    const double before = apart();
    apply_with_adaptive_feedback(
        network, B, eligibility_propagation(network, trial, run(network, trial), &B).gradient, 0.01, 0.2);
    EXPECT_NEAR(apart(), 0.8 * before, 1e-12);
  }
}

TEST(SpikingRecurrentNetwork, ASpikeIsFollowedBySilence) {
  SpikingNetwork network = random_spiking(1);
  const SpikingTrial trial = random_spikes(200, 8);
  const auto course = run(network, trial);
  std::size_t seen = 0;
  for (std::size_t t = 0; t + 2 < course.size(); ++t) {
    for (std::size_t i = 0; i < 6; ++i) {
      if (course[t].z[i] == 0) continue;
      ++seen;
      for (std::size_t later = 1; later < 3; ++later) {
        EXPECT_EQ(course[t + later].z[i], 0);
        EXPECT_EQ(course[t + later].psi[i], 0);
        EXPECT_TRUE(course[t + later].refractory[i]);
      }
    }
  }
  EXPECT_GT(seen, 20U);
}

TEST(SpikingRecurrentNetwork, WhatDoesNotFitIsRefused) {
  SpikingNetwork network = random_spiking(1);
  network.W(2, 2) = 0.5;
  EXPECT_THROW(network.validate(), ConfigError);
  network = random_spiking(1);
  network.alpha = 1.5;
  EXPECT_THROW(network.validate(), ConfigError);
  network = random_spiking(1);
  network.v_th = 0;
  EXPECT_THROW(network.validate(), ConfigError);
  network = random_spiking(1);
  network.n_ref = 0;
  EXPECT_THROW(network.validate(), ConfigError);
  network = random_spiking(1);
  network.beta.pop_back();
  EXPECT_THROW(network.validate(), ConfigError);
  SpikingTrial trial = random_spikes(5, 5);
  trial.mask.pop_back();
  EXPECT_THROW(run(random_spiking(1), trial), DataError);
}

}  // namespace
}  // namespace apical::recurrent
