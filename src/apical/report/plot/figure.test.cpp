// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/figure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/report_samples.h"

namespace apical {
namespace {

using nlohmann::json;

TEST(Figure, ItsDataAreThoseOfItsDrawing) {
  LinePlot plot{.description = "made up", .x_label = "epoch", .y_label = "accuracy (%)", .percent = true};
  plot.series.push_back({.label = "a", .style = 1, .seeds = samples::curves(3, 20, {0.2, 0.9, 4, 0.01}, 1)});
  const json data = json::parse(data_of({"Title <1>", "", plot, "accuracy", "title-1"}));
  const PlotAxes axes = axes_of(plot);
  EXPECT_EQ(data.at("title"), "Title <1>");
  EXPECT_NEAR(data.at("y").at("range")[0].get<double>(), axes.y.low, 1e-9);
  EXPECT_NEAR(data.at("y").at("range")[1].get<double>(), axes.y.high, 1e-9);
  EXPECT_EQ(data.at("y").at("ticks").size(), axes.y.ticks.size());
  const json& s = data.at("series")[0];
  EXPECT_EQ(s.at("colour"), "p1");
  const auto means = mean_over_seeds(plot.series[0].seeds, plot.possible);
  ASSERT_EQ(s.at("mean").size(), 1U);
  ASSERT_EQ(s.at("mean")[0].at("mean").size(), means[0].size());
  for (std::size_t i = 0; i < means[0].size(); ++i) {
    EXPECT_NEAR(s.at("mean")[0].at("mean")[i].get<double>(), 100 * means[0][i].interval.mean, 1e-3);
    EXPECT_NEAR(s.at("mean")[0].at("low")[i].get<double>(), 100 * means[0][i].interval.low, 1e-3);
  }
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_EQ(s.at("seeds")[r].at("seed"), plot.series[0].seeds[r].seed);
    EXPECT_NEAR(s.at("seeds")[r].at("y")[7].get<double>(), 100 * plot.series[0].seeds[r].y[7], 1e-3);
  }
}

TEST(Figure, WhatHasNoValueIsAGapInItsData) {
  LinePlot plot{.description = "", .x_label = "", .y_label = ""};
  plot.series.push_back({.label = "a", .seeds = {{1, {0, 1, 2}, {1, std::nan(""), 3}}}});
  const json y = json::parse(data_of({"t", "", plot, "", "t"})).at("series")[0].at("seeds")[0].at("y");
  EXPECT_EQ(y, (json{1, nullptr, 3}));
}

TEST(Figure, ItsDataCannotEndTheElementThatHoldsThem) {
  DotPlot plot{.description = "</script><!--&", .x_label = "x]]>"};
  plot.rows.push_back(
      {.label = "\xFF</script>", .seeds = {{1, 2}}, .interval = mean_interval(std::vector{2.0})});
  const std::string text = data_of({"</SCRIPT>", "", plot, "", "n"});
  EXPECT_EQ(text.find_first_of("<>&"), std::string::npos);
  EXPECT_EQ(json::parse(text).at("rows")[0].at("label"), "\xEF\xBF\xBD</script>");
}

TEST(Figure, LongCurvesKeepTheirExtremesAndTheirGaps) {
  SeedCurve c{1, {}, {}};
  for (int i = 0; i < 20000; ++i) {
    c.x.push_back(i);
    c.y.push_back(i == 7777 ? 5 : i >= 10000 && i < 10100 ? std::nan("") : 0);
  }
  const SeedCurve some = thinned(c, 400);
  EXPECT_LT(some.x.size(), 900U);
  EXPECT_NE(std::find(some.y.begin(), some.y.end(), 5), some.y.end());
  EXPECT_EQ(std::count_if(some.y.begin(), some.y.end(), [](double v) { return std::isnan(v); }), 1);
  EXPECT_TRUE(std::is_sorted(some.x.begin(), some.x.end()));
}

TEST(Figure, NamesAreOfLettersAndDigits) {
  EXPECT_EQ(figure_name("Validation accuracy, over training!"), "validation-accuracy-over-training");
  EXPECT_EQ(figure_name("—"), "figure");
}

}  // namespace
}  // namespace apical
