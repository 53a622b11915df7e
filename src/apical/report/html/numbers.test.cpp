// SPDX-License-Identifier: Apache-2.0
#include "apical/report/html/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace apical {
namespace {

Figures percent(const MeanInterval& i) { return figures_of(i, decimals(1, 2), "%", 100); }
Figures with_powers(const MeanInterval& i) { return figures_of(i, {Digits::Kind::powers}); }

TEST(ReportNumbers, DigitsFollowTheInterval) {
  EXPECT_EQ(percent({.9763, .9721, .9805, 10}).text(), "97.63\u00A0% [97.21,\u00A098.05]");
  EXPECT_EQ(percent({.9, .8, 1.0, 3}).text(), "90.0\u00A0% [80.0,\u00A0100.0]");
  EXPECT_EQ(figures_of({21.43, 19.1, 23.8, 5}, decimals(1, 1), "°").text(), "21.4° [19.1,\u00A023.8]");
  EXPECT_EQ(figures_of({0.12345, 0.1, 0.2, 5}, {}, "Hz").text(), "0.123\u00A0Hz [0.1,\u00A00.2]");
}

TEST(ReportNumbers, OneSeedHasNoBoundsAndNoSeedNoValue) {
  EXPECT_EQ(percent(mean_interval(std::vector{0.5})).text(), "50.0\u00A0%");
  EXPECT_EQ(percent(mean_interval({})).text(), "–");
  EXPECT_EQ(with_powers(mean_interval({})).text(), "–");
}

TEST(ReportNumbers, SmallLossesShareOnePowerOfTen) {
  EXPECT_EQ(with_powers({3.27e-5, 2.8e-5, 4.2e-5, 10}).text(), "3.27 [2.80,\u00A04.20]\u00A0×\u00A010⁻⁵");
  EXPECT_EQ(with_powers(mean_interval(std::vector{6e-10})).text(), "6.00\u00A0×\u00A010⁻¹⁰");
  EXPECT_EQ(with_powers({0.0812, 0.07, 0.09, 10}).text(), "0.0812 [0.0700,\u00A00.0900]");
  EXPECT_EQ(with_powers({0, 0, 0, 2}).value, "0");
}

TEST(ReportNumbers, ValueAndBoundsOfASmallLossCanBeReadApart) {
  const Figures f = with_powers({1.11e-3, 0.62e-3, 1.99e-3, 10});
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
