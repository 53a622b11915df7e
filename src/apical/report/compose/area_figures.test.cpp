// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/area_figures.h"

#include <gtest/gtest.h>

namespace apical {
namespace {

Measurement at(double epoch, const char* area, const char* metric, double value, std::uint64_t seed = 1) {
  return {epoch, area, metric, seed, value};
}

TEST(AreaMeasures, AreDrawnByAreaAndSeedOverEpochs) {
  const std::vector<Measurement> measured{
      at(0, "a1", "signal_correlation", 0.1), at(0, "a1", "signal_correlation", 0.2, 2),
      at(0, "a2", "signal_correlation", 0.9), at(0, "a1", "angle_deg", 50),
      at(1, "a1", "signal_correlation", 0.5)};
  const auto figures = area_figures(measured, "model");
  ASSERT_EQ(figures.size(), 1U);
  ASSERT_EQ(figures[0].series.size(), 2U);
  EXPECT_EQ(figures[0].series[0].label, "a1");
  ASSERT_EQ(figures[0].series[0].seeds.size(), 2U);
  EXPECT_EQ(figures[0].series[0].seeds[0].x, (std::vector<double>{0, 1}));
  EXPECT_EQ(figures[0].series[0].seeds[0].y, (std::vector<double>{0.1, 0.5}));
}

TEST(AreaMeasures, AreNotDrawnWhereTheySayNothing) {
  EXPECT_TRUE(
      area_figures(std::vector{at(0, "a1", "signal_correlation", 1), at(0, "a1", "feedback_angle_deg", 1e-6),
                               at(0, "a1", "constant_fraction", 0)},
                   "m")
          .empty());
  EXPECT_EQ(area_figures(
                std::vector{at(0, "a1", "constant_fraction", 0), at(1, "a1", "constant_fraction", 0.5)}, "m")
                .size(),
            1U);
}

}  // namespace
}  // namespace apical
