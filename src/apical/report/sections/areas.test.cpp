// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "apical/report/compose/curve_plots.h"
#include "apical/report/compose/report.h"

namespace apical {
namespace {

ReportData report_of(std::vector<Measurement> measured) {
  return {.title = "areas", .runs = {{.label = "model", .model = "model", .measured = std::move(measured)}}};
}

Measurement at(double epoch, const char* area, const char* metric, double value, std::uint64_t seed = 1) {
  return {epoch, area, metric, seed, value};
}

bool shows(const ReportData& data, const std::string& part) {
  return render_report(data).find(part) != std::string::npos;
}

TEST(AreaMeasures, AreDrawnByAreaAndSeedOverEpochs) {
  const ReportData data =
      report_of({at(0, "a1", "signal_correlation", 0.1), at(0, "a1", "signal_correlation", 0.2, 2),
                 at(0, "a2", "signal_correlation", 0.9), at(1, "a1", "signal_correlation", 0.5),
                 at(1, "a1", "signal_correlation", 0.4, 2), at(1, "a2", "signal_correlation", 0.8)});
  EXPECT_TRUE(shows(data, "Correlation of the teaching signal with backpropagation&#39;s: model"));
  EXPECT_TRUE(shows(data, "a1, seed 2"));
  EXPECT_TRUE(shows(data, "a2, seed 1"));
  EXPECT_FALSE(shows(data, "Angle between feedback"));
}

TEST(AreaMeasures, AreNotDrawnWhereTheySayNothing) {
  const char* section = "How units are taught";
  EXPECT_FALSE(shows(report_of({at(0, "a1", "signal_correlation", 1), at(0, "a1", "feedback_angle_deg", 1e-6),
                                at(0, "a1", "constant_fraction", 0)}),
                     section));
  EXPECT_TRUE(shows(report_of({at(0, "a1", "constant_fraction", 0), at(1, "a1", "constant_fraction", 0.5)}),
                    section));
}

TEST(AreaMeasures, StandInTheOrderOfAreasWithTheTotalLast) {
  std::vector<std::string> areas{"total", "a10", "output", "a2", "a1"};
  std::sort(areas.begin(), areas.end(), area_before);
  EXPECT_EQ(areas, (std::vector<std::string>{"a1", "a2", "a10", "output", "total"}));
}

}  // namespace
}  // namespace apical
