// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/figure.h"

#include <gtest/gtest.h>

#include <algorithm>
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

TEST(Figure, EachPointOfASweepHasItsOwnSeedsAndItsOwnInterval) {
  LinePlot plot{.description = "", .x_label = "eta", .y_label = "accuracy"};
  plot.series.push_back({.label = "a",
                         .seeds = {{1, {1, 2, 3}, {.5, .6, .7}}, {2, {1, 3}, {.6, .8}}, {3, {1}, {.7}}},
                         .mean_of = MeanOf::seeds_here});
  const json mean = json::parse(data_of({"t", "", plot, "", "t"})).at("series")[0].at("mean")[0];
  EXPECT_EQ(mean.at("n"), (json{3, 1, 2}));
  EXPECT_TRUE(mean.at("low")[0].is_number());
  EXPECT_TRUE(mean.at("low")[1].is_null()) << "one seed has no interval";
  EXPECT_TRUE(mean.at("high")[1].is_null());
  EXPECT_TRUE(mean.at("high")[2].is_number()) << "and takes nobody else's";
}

TEST(Figure, WhereOnlyMeansAreDrawnPlacesAreSaidOncePerLine) {
  LinePlot plot{.description = "", .x_label = "epoch", .y_label = "loss"};
  for (std::size_t i = 0; i < 40; ++i)
    plot.series.push_back({.label = "a", .seeds = samples::curves(3, 900, {1, 0.01, 4, 0.1, true}, i + 1)});
  plot.series[0].seeds[1].y[500] = std::nan("");
  EXPECT_TRUE(thins_data(plot));
  const json data = json::parse(data_of({"t", "", plot, "", "t"}));
  for (const json& s : data.at("series")) {
    EXPECT_TRUE(s.at("thinned"));
    EXPECT_LT(s.at("x").size(), 900U);
    for (const json& seed : s.at("seeds")) {
      EXPECT_FALSE(seed.contains("x"));
      EXPECT_EQ(seed.at("y").size(), s.at("x").size());
    }
  }
  EXPECT_FALSE(data.at("series")[1].at("mean")[0].contains("x"));
  const json lost = data.at("series")[0].at("seeds")[1].at("y");
  EXPECT_EQ(std::count(lost.begin(), lost.end(), json()), 1) << "a gap is no less one for being short";
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
