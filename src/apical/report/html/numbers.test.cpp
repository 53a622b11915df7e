// SPDX-License-Identifier: Apache-2.0
#include "apical/report/html/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace apical {
namespace {

TEST(ReportNumbers, DigitsFollowTheInterval) {
  EXPECT_EQ(percent_figures({.9763, .9721, .9805, 10}).text(), "97.63\u00A0% [97.21,\u00A098.05]");
  EXPECT_EQ(percent_figures({.9, .8, 1.0, 3}).text(), "90.0\u00A0% [80.0,\u00A0100.0]");
  EXPECT_EQ(angle_figures({21.43, 19.1, 23.8, 5}).text(), "21.4° [19.1,\u00A023.8]");
}

TEST(ReportNumbers, OneSeedHasNoBoundsAndNoSeedNoValue) {
  EXPECT_EQ(percent_figures(mean_interval(std::vector{0.5})).text(), "50.0\u00A0%");
  EXPECT_EQ(percent_figures(mean_interval({})).text(), "–");
  EXPECT_EQ(loss_figures(mean_interval({})).text(), "–");
}

TEST(ReportNumbers, AnAccuracyIntervalStaysWithinZeroAndOneHundred) {
  EXPECT_EQ(percent_figures({.99, .95, 1.03, 3}).bounds, "[95.0,\u00A0100.0]");
}

TEST(ReportNumbers, SmallLossesShareOnePowerOfTen) {
  EXPECT_EQ(loss_figures({3.27e-5, 2.8e-5, 4.2e-5, 10}).text(), "3.27 [2.80,\u00A04.20]\u00A0×\u00A010⁻⁵");
  EXPECT_EQ(loss_figures(mean_interval(std::vector{6e-10})).text(), "6.00\u00A0×\u00A010⁻¹⁰");
  EXPECT_EQ(loss_figures({0.0812, 0.07, 0.09, 10}).text(), "0.0812 [0.0700,\u00A00.0900]");
  EXPECT_EQ(loss_figures({0, 0, 0, 2}).value, "0");
}

TEST(ReportNumbers, ValueAndBoundsOfASmallLossCanBeReadApart) {
  const Figures f = loss_figures({1.11e-3, 0.62e-3, 1.99e-3, 10});
  EXPECT_EQ(f.value, "1.11\u00A0×\u00A010⁻³");
  EXPECT_EQ(f.bounds, "[0.62,\u00A01.99]\u00A0×\u00A010⁻³");
}

TEST(ReportNumbers, DurationsReadAsPeopleSayThem) {
  EXPECT_EQ(duration_text(0.842), "0.84 s");
  EXPECT_EQ(duration_text(42.3), "42 s");
  EXPECT_EQ(duration_text(250), "4 min 10 s");
  EXPECT_EQ(duration_text(3900), "1 h 05 min");
  EXPECT_EQ(duration_text(std::nan("")), "–");
}

}  // namespace
}  // namespace apical
