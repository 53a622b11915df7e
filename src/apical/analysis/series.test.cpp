// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/series.h"

#include <gtest/gtest.h>

#include <cmath>

namespace apical {
namespace {

TEST(Series, BinsWithoutANumberAreLeftOut) {
  const std::vector<double> bp{0.25, NAN, 0.5, 0.2};
  EXPECT_DOUBLE_EQ(mean_of_bins(bp), (0.25 + 0.5 + 0.2) / 3);
  // The same as without that bin.
  EXPECT_DOUBLE_EQ(correlation(bp, {1, 100, 3, 2}), correlation({0.25, 0.5, 0.2}, {1, 3, 2}));
  EXPECT_TRUE(std::isnan(mean_of_bins({NAN})));
  EXPECT_EQ(correlation({NAN}, {1}), 0);
}

TEST(Series, CorrelationIsOneOfWhatRisesTogetherAndZeroOfWhatDoesNotVary) {
  EXPECT_DOUBLE_EQ(correlation({1, 2, 4}, {3, 5, 9}), 1);
  EXPECT_DOUBLE_EQ(correlation({1, 2, 4}, {-3, -5, -9}), -1);
  EXPECT_EQ(correlation({1, 2, 4}, {7, 7, 7}), 0);
}

}  // namespace
}  // namespace apical
