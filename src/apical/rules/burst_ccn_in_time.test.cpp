// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/burst_ccn_in_time.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "apical/core/error.h"
#include "apical/engine/layered/test_networks.h"

namespace apical::layered {
namespace {

BurstCcnInTimeWeights<double> weights() {
  BurstCcnInTimeWeights<double> w;
  w.W = {random_rows(5, 3, 1), random_rows(4, 5, 2), random_rows(2, 4, 3)};
  w.c = {std::vector<double>(5), std::vector<double>(4), std::vector<double>(2)};
  w.Y = {w.W[1], w.W[2]};
  w.Q = w.Y;
  for (auto& Q : w.Q) {
    for (double& q : Q.flat()) q *= -0.5;
  }
  return w;
}

BurstCcnInTimeOptions options(CcnOrder order) {
  BurstCcnInTimeOptions o{.order = order, .dt = 0.01};
  o.eta = 0.5;
  if (order == CcnOrder::delayed) o.trace_tau = {0.4, 0.2, 0.1};
  return o;
}

TEST(BurstCcnInTime, HeldInputWithoutATargetLeavesBalancedDendritesSilentAndWeightsAlone) {
  for (const CcnOrder order : {CcnOrder::cascade, CcnOrder::delayed}) {
    BurstCcnInTime<double> network(options(order), weights());
    const std::vector<double> x{0.3, -0.5, 0.8};
    for (int k = 0; k < 3000; ++k) network.step(x, {});
    for (std::size_t l = 0; l < 2; ++l) {
      for (const double u : network.dendrite(l)) EXPECT_NEAR(u, 0, 1e-9);
      for (const double p : network.burst_probability(l)) EXPECT_NEAR(p, 0.5, 1e-9);
    }
    EXPECT_EQ(network.weights().W, weights().W);
  }
}

TEST(BurstCcnInTime, LearnsAHeldTargetWithoutPhases) {
  for (const CcnOrder order : {CcnOrder::cascade, CcnOrder::delayed}) {
    BurstCcnInTime<double> network(options(order), weights());
    const std::vector<double> x{0.3, -0.5, 0.8}, t{0.8, 0.25};
    for (int k = 0; k < 300; ++k) network.step(x, {});
    const auto error = [&] {
      return std::abs(network.events(2)[0] - t[0]) + std::abs(network.events(2)[1] - t[1]);
    };
    const double before = error();
    for (int k = 0; k < 30000; ++k) network.step(x, t);
    EXPECT_LT(error(), 0.05 * before) << static_cast<int>(order);
    EXPECT_NE(network.weights().W[0], weights().W[0]);
    EXPECT_EQ(network.weights().Y[0], network.weights().W[1]);
  }
}

TEST(BurstCcnInTime, WhatCannotWorkIsRefused) {
  using Network = BurstCcnInTime<double>;
  auto shapes = weights();
  shapes.Q.pop_back();
  EXPECT_THROW(Network(options(CcnOrder::cascade), shapes), ConfigError);
  auto o = options(CcnOrder::cascade);
  o.dt = 1;
  EXPECT_THROW(Network(o, weights()), ConfigError);
  o = options(CcnOrder::cascade);
  o.baseline = 0;
  EXPECT_THROW(Network(o, weights()), ConfigError);
  o = options(CcnOrder::delayed);
  o.trace_tau.pop_back();
  EXPECT_THROW(Network(o, weights()), ConfigError);
  Network network(options(CcnOrder::cascade), weights());
  EXPECT_THROW(network.step(std::vector<double>{1, 2}, {}), DataError);
  EXPECT_THROW(network.step(std::vector<double>{1, 2, 3}, std::vector<double>{1}), DataError);
  EXPECT_THROW(network.step(std::vector<double>{1, 2, std::numeric_limits<double>::infinity()}, {}),
               NumericalFault);
}

}  // namespace
}  // namespace apical::layered
