// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/burst_ccn_spiking.h"

#include <gtest/gtest.h>

#include <limits>

#include "apical/core/error.h"

namespace apical::spike {
namespace {

SpikingBurstCcn network(double eta = 2.3e11) {
  SpikingBurstCcnOptions o;
  o.eta = eta;
  Matrix<double> out(2, 1), Y(2, 1);
  out(0, 0) = out(1, 0) = 2e-9;
  Y(0, 0) = Y(1, 0) = 1e-9;
  return {o, {0.4, 0.4}, out, Y};
}

TEST(SpikingBurstCcn, PairsOfSpikesAreBurstsThatRaiseWeightsAndSingleOnesEventsThatLowerThem) {
  SpikingBurstCcn n = network();
  const std::vector<double> none(2, 0.0), silent(1, 0.0);
  int events[2] = {}, bursts[2] = {};
  for (int k = 0; k < 1000; ++k) {
    std::vector<double> pulse(2, 0.0);
    if (k % 100 == 0) pulse = {12e-9, 12e-9};
    if (k % 100 == 10) pulse[0] = 12e-9;
    n.step({pulse, none}, {silent, silent});
    for (std::size_t i = 0; i < 2; ++i) {
      events[i] += n.input().label[i] == SpikeLabel::event ? 1 : 0;
      bursts[i] += n.input().label[i] == SpikeLabel::burst ? 1 : 0;
    }
  }
  EXPECT_EQ(events[0], 10);
  EXPECT_EQ(bursts[0], 10);
  EXPECT_EQ(events[1], 10);
  EXPECT_EQ(bursts[1], 0);
  const double per_burst = 1e-3 * 2.3e11 * 200e-12;
  EXPECT_NEAR(n.input_weights()[0], 0.4 + 10 * (1 - 0.375) * per_burst, 1e-12);
  EXPECT_NEAR(n.input_weights()[1], 0.4 - 10 * 0.375 * per_burst, 1e-12);
}

TEST(SpikingBurstCcn, FeedbackIsWhatTheOutputDidTwoStepsAgo) {
  SpikingBurstCcn n = network(0);
  const std::vector<double> none(2, 0.0), strong(1, 2e-9), silent(1, 0.0);
  std::vector<SpikeLabel> output;
  for (int k = 0; k < 400; ++k) {
    n.step({none, none}, {strong, silent});
    output.push_back(n.output().label[0]);
    if (k < 2) continue;
    const SpikeLabel before = output[static_cast<std::size_t>(k - 2)];
    const double expected = before == SpikeLabel::burst ? 1e-9 : before == SpikeLabel::event ? -0.375e-9 : 0;
    EXPECT_DOUBLE_EQ(n.feedback_A()[1], expected) << k;
  }
}

TEST(SpikingBurstCcn, WhatCannotWorkIsRefused) {
  EXPECT_THROW(SpikingBurstCcn({}, {0.4}, Matrix<double>(2, 1), Matrix<double>(2, 1)), ConfigError);
  EXPECT_THROW(SpikingBurstCcn({}, {0.4, 0.4}, Matrix<double>(2, 1), Matrix<double>(1, 1)), ConfigError);
  SpikingBurstCcnOptions long_steps;
  long_steps.dt_s = 0.05;
  EXPECT_THROW(SpikingBurstCcn(long_steps, {0.4}, Matrix<double>(1, 1), Matrix<double>(1, 1)), ConfigError);
  SpikingBurstCcn n = network();
  const std::vector<double> two(2, 0.0), one(1, 0.0), infinite(2, std::numeric_limits<double>::infinity());
  EXPECT_THROW(n.step({one, two}, {one, one}), DataError);
  EXPECT_THROW(n.step({infinite, two}, {one, one}), NumericalFault);
}

}  // namespace
}  // namespace apical::spike
