// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace apical {
namespace {

TEST(MeanInterval, OfThreeValuesByHand) {
  const MeanInterval i = mean_interval(std::vector{1.0, 2.0, 3.0});
  EXPECT_DOUBLE_EQ(i.mean, 2);
  EXPECT_NEAR(i.high - i.mean, 4.302653 / std::sqrt(3.0), 1e-5);
  EXPECT_NEAR(i.mean - i.low, i.high - i.mean, 1e-12);
}

TEST(MeanInterval, OfOneSeedHasNoBounds) {
  const MeanInterval i = mean_interval(std::vector{0.5});
  EXPECT_EQ(i.mean, 0.5);
  EXPECT_FALSE(i.has_bounds());
  EXPECT_TRUE(std::isnan(i.low) && std::isnan(i.high));
  EXPECT_EQ(mean_interval({}).n, 0U);
}

TEST(MeanInterval, GeometricIsSymmetricInTheLogarithmAndStaysPositive) {
  const MeanInterval i = geometric_interval(std::vector{1e-6, 1e-2});
  EXPECT_NEAR(i.mean, 1e-4, 1e-15);
  EXPECT_GT(i.low, 0);
  EXPECT_NEAR(i.high * i.low, i.mean * i.mean, 1e-18);
}

}  // namespace
}  // namespace apical
