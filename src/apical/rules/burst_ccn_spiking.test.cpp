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

TEST(SpikingBurstCcn, AStrongDendriteMakesBurstsAndWeightsOfItsNeuronGrow) {
  SpikingBurstCcn n = network();
  const std::vector<double> soma(2, 500e-12), none(1, 0.0), dendrite{400e-12, -300e-12};
  int bursts[2] = {}, events[2] = {};
  for (int k = 0; k < 5000; ++k) {
    n.step({soma, dendrite}, {none, none});
    for (std::size_t i = 0; i < 2; ++i) {
      bursts[i] += n.input().label[i] == SpikeLabel::burst ? 1 : 0;
      events[i] += n.input().label[i] == SpikeLabel::event ? 1 : 0;
    }
  }
  ASSERT_GT(events[0], 10);
  ASSERT_GT(events[1], 10);
  EXPECT_GT(bursts[0] * events[1], bursts[1] * events[0]);
  EXPECT_GT(n.input_weights()[0], 0.4);
  EXPECT_LT(n.input_weights()[1], 0.4);
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
