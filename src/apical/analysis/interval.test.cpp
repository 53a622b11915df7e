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

const ValueRange kShare{.low = 0, .high = 1}, kPositive{.low = 0, .high = {}},
    kCorrelation{.low = -1, .high = 1};

TEST(MeanInterval, StaysWithinWhatIsPossible) {
  const std::vector accuracies{0.9842, 0.9537};  // [0.775, 1.163] by Student
  const MeanInterval share = mean_interval(accuracies, kShare);
  EXPECT_DOUBLE_EQ(share.mean, 0.96895);
  EXPECT_TRUE(share.low > 0 && share.low < 0.9537 && share.high > 0.9842 && share.high < 1)
      << share.low << " " << share.high;
  const MeanInterval loss = mean_interval(std::vector{1e-3, 1e-2, 2e-3}, kPositive);
  EXPECT_TRUE(loss.low > 0 && loss.low < loss.mean && loss.high > loss.mean);
  EXPECT_NEAR(loss.low * loss.high, loss.mean * loss.mean, 1e-15);  // symmetric in the logarithm
  const MeanInterval below = mean_interval(std::vector{-1e-3, -1e-2, -2e-3}, {.low = {}, .high = 0});
  EXPECT_NEAR(below.low, -loss.high, 1e-15);
  EXPECT_NEAR(below.high, -loss.low, 1e-15);
}

TEST(MeanInterval, OfCorrelationsIsSymmetricInFishersZ) {
  const MeanInterval r = mean_interval(std::vector{0.91, 0.95, 0.88, 0.97}, kCorrelation);
  EXPECT_NEAR(std::atanh(r.high) - std::atanh(r.mean), std::atanh(r.mean) - std::atanh(r.low), 1e-12);
  EXPECT_LT(r.high, 1);
}

TEST(MeanInterval, OfSmallErrorsIsStudents) {
  const std::vector values{0.5001, 0.5002, 0.4999};
  const MeanInterval plain = mean_interval(values), share = mean_interval(values, kShare);
  EXPECT_NEAR(share.low, plain.low, 1e-7);
  EXPECT_NEAR(share.high, plain.high, 1e-7);
}

TEST(MeanInterval, BearsSeedsAtTheBounds) {
  const MeanInterval all = mean_interval(std::vector{1.0, 1.0, 1.0}, kShare);
  EXPECT_TRUE(all.low == 1 && all.high == 1);
  const MeanInterval some = mean_interval(std::vector{1.0, 1.0, 0.97}, kShare);
  EXPECT_TRUE(some.low > 0.5 && some.low < 0.97 && some.high < 1 && some.high > some.mean);
}

TEST(MeanInterval, GeometricIsSymmetricInTheLogarithmAndStaysPositive) {
  const MeanInterval i = geometric_interval(std::vector{1e-6, 1e-2});
  EXPECT_NEAR(i.mean, 1e-4, 1e-15);
  EXPECT_GT(i.low, 0);
  EXPECT_NEAR(i.high * i.low, i.mean * i.mean, 1e-18);
}

}  // namespace
}  // namespace apical
