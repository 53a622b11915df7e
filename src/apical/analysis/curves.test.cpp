// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/curves.h"

#include <gtest/gtest.h>

#include <cmath>

namespace apical {
namespace {

const double kNan = std::nan("");

TEST(Curves, MeanIsNotDrawnWhereASeedHasDiverged) {
  const std::vector<SeedCurve> seeds{{1, {0, 1, 2, 3}, {1, 2, kNan, 4}}, {2, {0, 1, 2, 3}, {3, 4, 5, 6}}};
  const auto pieces = mean_over_seeds(seeds);
  ASSERT_EQ(pieces.size(), 2U);
  ASSERT_EQ(pieces[0].size(), 2U);
  EXPECT_EQ(pieces[0][1].interval.mean, 3);
  EXPECT_EQ(pieces[1][0].x, 3);
}

TEST(Curves, MeanEndsWhereTheFirstSeedStoppedEarly) {
  const std::vector<SeedCurve> seeds{{1, {0, 1}, {1, 1}}, {2, {0, 1, 2, 3}, {3, 3, 3, 3}}};
  const auto pieces = mean_over_seeds(seeds);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0].back().x, 1);
}

TEST(Curves, SeedsEvaluatedAtDifferentIntervalsMeetWhereBothHaveValues) {
  const std::vector<SeedCurve> seeds{{1, {0, 2, 4}, {1, 1, 1}}, {2, {0, 1, 2, 3, 4}, {3, 3, 3, 3, 3}}};
  const auto pieces = mean_over_seeds(seeds);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0].size(), 3U);
}

TEST(Curves, LastValueOfADivergedSeedIsNotItsLastFiniteOne) {
  const auto last = last_values(std::vector<SeedCurve>{{7, {0, 1}, {1, kNan}}, {8, {}, {}}, {9, {0}, {5}}});
  EXPECT_TRUE(std::isnan(last[0].value) && std::isnan(last[1].value));
  EXPECT_EQ(finite_values(last), std::vector<double>{5});
}

TEST(MeanOverSeeds, OfRunsSideBySideIsThatOfTheSeedsOfEach) {
  const std::vector<SeedCurve> seeds{{1, {0.1, 0.2}, {1, 2}}, {2, {0.1, 0.2}, {3, 4}}, {3, {0.2}, {9}}};
  EXPECT_EQ(mean_over_seeds(seeds).front().size(), 1U) << "seed 3 has one x";
  const auto pieces = mean_over_seeds(seeds, {}, MeanOf::seeds_here);
  ASSERT_EQ(pieces.size(), 1U);
  ASSERT_EQ(pieces[0].size(), 2U);
  EXPECT_EQ(pieces[0][0].interval.mean, 2);
  EXPECT_EQ(pieces[0][0].interval.n, 2U);
  EXPECT_EQ(pieces[0][1].interval.mean, 5);
  EXPECT_EQ(pieces[0][1].interval.n, 3U);
}

}  // namespace
}  // namespace apical
