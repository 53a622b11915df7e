// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/svg_plot.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/report_samples.h"
#include "support/well_formed.h"

namespace apical {
namespace {

using test::malformed;
using test::occurrences;

LinePlot two_series() {
  LinePlot plot{.description = "made up", .x_label = "epoch", .y_label = "loss", .log_y = true};
  plot.series.push_back(
      {.label = "a", .style = 0, .seeds = samples::curves(3, 20, {1, 0.01, 4, 0.1, true}, 1)});
  plot.series.push_back(
      {.label = "b", .style = 1, .seeds = samples::curves(1, 20, {1, 0.1, 4, 0.1, true}, 2)});
  return plot;
}

TEST(LinePlot, ShowsEverySeedAndABandOnlyWhereThereAreSeveral) {
  const std::string svg = svg_of(two_series());
  EXPECT_EQ(malformed(svg), "");
  for (const char* seed : {"a, seed 100", "a, seed 101", "a, seed 102", "b, seed 100"})
    EXPECT_EQ(occurrences(svg, seed), 1U) << seed;
  EXPECT_EQ(occurrences(svg, "class=\"band\""), 1U);
  EXPECT_EQ(occurrences(svg, "class=\"mean\""), 2U);
}

TEST(LinePlot, FallsBackToALinearAxisForValuesThatHaveNoLogarithm) {
  LinePlot plot = two_series();
  EXPECT_TRUE(plot.drawn_log());
  plot.series[0].seeds[0].y[3] = 0;
  EXPECT_FALSE(plot.drawn_log());
  EXPECT_EQ(malformed(svg_of(plot)), "");
}

TEST(LinePlot, MarksSeedsThatDivergedAndWritesNoNan) {
  LinePlot plot = two_series();
  for (std::size_t i = 10; i <= 20; ++i) plot.series[0].seeds[1].y[i] = std::nan("");
  plot.series[1].seeds[0].y[4] = std::numeric_limits<double>::infinity();
  const std::string svg = svg_of(plot);
  EXPECT_EQ(occurrences(svg, "class=\"lost\""), 1U);
  EXPECT_EQ(plot.diverged(), (std::vector<std::string>{"a, seed 101", "b, seed 100"}));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(LinePlot, ABandThatTheAxisDoesNotReachEndsInArrows) {
  LinePlot plot{.description = "", .x_label = "x", .y_label = "angle", .y_ticks = {0, 45, 90}};
  plot.series.push_back(
      {.label = "a", .seeds = {{1, {0, 1}, {80, 50}}, {2, {0, 1}, {89, 51}}, {3, {0, 1}, {60, 52}}}});
  EXPECT_EQ(occurrences(svg_of(plot), "class=\"cut\""), 1U);
  plot.y_ticks = {0, 90, 180};
  EXPECT_EQ(occurrences(svg_of(plot), "class=\"cut\""), 0U);
}

TEST(LinePlot, ALogarithmicAxisHasRoomForIntervals) {
  LinePlot plot{.description = "", .x_label = "x", .y_label = "loss", .log_y = true};
  plot.series.push_back(
      {.label = "a", .seeds = {{1, {0, 1}, {1, .1}}, {2, {0, 1}, {2, .1}}, {3, {0, 1}, {3, .1}}}});
  EXPECT_GT(axes_of(plot).y.high, 3.5) << "the interval of 1, 2 and 3 ends at 4.5 or more";
  EXPECT_EQ(malformed(svg_of(plot)), "");
  EXPECT_EQ(svg_of(plot).find("nan"), std::string::npos);
}

TEST(LinePlot, IsEmptyWhenThereIsNothingToDraw) {
  EXPECT_EQ(svg_of(LinePlot{}), "");
  LinePlot plot{.description = "", .x_label = "", .y_label = ""};
  plot.series.push_back({.label = "a", .seeds = {{1, {0, 1}, {std::nan(""), std::nan("")}}}});
  EXPECT_EQ(svg_of(plot), "");
}

TEST(LinePlot, ThinsLongCurvesButKeepsTheirExtremes) {
  LinePlot plot{.description = "", .x_label = "", .y_label = ""};
  SeedCurve c{1, {}, {}};
  for (int i = 0; i < 20000; ++i) {
    c.x.push_back(i);
    c.y.push_back(i == 7777 ? 5 : 0);
  }
  plot.series.push_back({.label = "a", .seeds = {c}});
  const std::string spike = svg_of(plot);
  EXPECT_LT(spike.size(), 20000U);
  plot.series[0].seeds[0].y[7777] = 0;
  EXPECT_NE(spike, svg_of(plot));
}

TEST(LinePlot, ASinglePointAndAConstantCurveAreDrawn) {
  LinePlot plot{.description = "", .x_label = "", .y_label = ""};
  plot.series.push_back({.label = "point", .seeds = {{1, {3}, {0.5}}}});
  EXPECT_EQ(malformed(svg_of(plot)), "");
  EXPECT_EQ(occurrences(svg_of(plot), "class=\"mean\""), 1U);
}

TEST(DotPlot, EverySeedIsADotAndOneSeedHasNoBar) {
  DotPlot plot{.description = "d", .x_label = "accuracy", .percent = true};
  plot.rows.push_back({.label = "a",
                       .seeds = {{1, .9}, {2, .92}, {3, std::nan("")}},
                       .interval = mean_interval({}),
                       .text = "not finite"});
  plot.rows.push_back({.label = "b",
                       .style = 1,
                       .seeds = {{1, .8}},
                       .interval = mean_interval(std::vector{.8}),
                       .text = "80.0 %"});
  plot.rows.push_back({.label = "c",
                       .style = 2,
                       .seeds = {{1, .7}, {2, .75}},
                       .interval = mean_interval(std::vector{.7, .75})});
  const std::string svg = svg_of(plot);
  EXPECT_EQ(malformed(svg), "");
  EXPECT_EQ(occurrences(svg, "class=\"dot\""), 5U);
  EXPECT_EQ(occurrences(svg, "class=\"bar\""), 1U);
  EXPECT_EQ(occurrences(svg, "class=\"centre\""), 2U);
  EXPECT_EQ(svg_of(DotPlot{}), "");
}

TEST(DotPlot, AnIntervalThatTheAxisDoesNotReachEndsInAnArrow) {
  DotPlot plot{.description = "d", .x_label = "accuracy"};
  plot.rows.push_back({.label = "two seeds far apart",
                       .seeds = {{1, .5}, {2, .6}},
                       .interval = mean_interval(std::vector{.5, .6})});
  const std::string wide = svg_of(plot);
  EXPECT_EQ(occurrences(wide, "l5,4") + occurrences(wide, "l-5,4"), 4U) << "two strokes at both ends";
  plot.rows[0].seeds = {{1, .5}, {2, .6}, {3, .55}, {4, .52}, {5, .57}};
  plot.rows[0].interval = mean_interval(std::vector{.5, .6, .55, .52, .57});
  const std::string narrow = svg_of(plot);
  EXPECT_EQ(occurrences(narrow, "l5,4") + occurrences(narrow, "l-5,4"), 0U);
}

TEST(LinePlot, LabelsOfTicksNeverTouch) {
  LinePlot plot{
      .description = "", .x_label = "x", .y_label = "y", .x_ticks = {0, 0.05, 0.1, 0.15, 0.2, 8, 9, 10}};
  plot.series.push_back({.label = "a", .seeds = {{1, plot.x_ticks, {1, 2, 3, 4, 5, 6, 7, 8}}}});
  const std::string svg = svg_of(plot);
  EXPECT_EQ(occurrences(svg, "class=\"tick\""), 8U) << "every tick stays";
  EXPECT_EQ(occurrences(svg, ">0.05<"), 0U);
  EXPECT_EQ(occurrences(svg, ">10<"), 1U) << "the last label stays";
}

TEST(LinePlot, NamesOfAnArticleEndInWhatTellsThemApart) {
  constexpr double k89mm = 432.5, k183mm = 889.2;  // pixels of 7/12 of a point
  for (const double width : {k89mm, k183mm}) {
    LinePlot lines{.description = "", .x_label = "epoch", .y_label = "accuracy"};
    DotPlot dots{.description = "", .x_label = "accuracy"};
    for (const std::string value : {"8", "0.25"}) {
      const std::string name =
          "error-neuron-microcircuit-with-laterals, exact transposes, weight_range " + value;
      lines.series.push_back({.label = name, .seeds = {{1, {0, 1}, {0.5, 0.9}}}});
      dots.rows.push_back({.label = name, .seeds = {{1, .7}, {2, .75}}, .text = "0.725 [0.4, 1]"});
    }
    for (const std::string& svg : {svg_of(lines, width), svg_of(dots, width)}) {
      EXPECT_EQ(occurrences(svg, " 8</text>"), 1U) << width << svg;
      EXPECT_EQ(occurrences(svg, " 0.25</text>"), 1U) << width << svg;
    }
  }
}

TEST(LinePlot, OfManyLinesSomeAreNamedAmongThemFirstAndLast) {
  LinePlot plot{.description = "", .x_label = "x", .y_label = "y"};
  const auto named = [&](std::size_t lines) {
    plot.series.clear();
    for (std::size_t i = 0; i < lines; ++i)
      plot.series.push_back({.label = "eta " + std::to_string(i), .seeds = {{1, {0, 1}, {0, 1.0 * i}}}});
    const std::string svg = svg_of(plot);
    EXPECT_EQ(occurrences(svg, "class=\"mean\""), lines) << "all are drawn";
    EXPECT_EQ(occurrences(svg, ">eta 0</text>"), 1U);
    EXPECT_EQ(occurrences(svg, ">eta " + std::to_string(lines - 1) + "</text>"), 1U);
    return occurrences(svg, "class=\"leader\"");
  };
  EXPECT_EQ(named(24), 24U);
  EXPECT_LE(named(25), 24U);
  EXPECT_LE(named(200), 26U);
}

TEST(LinePlot, AReferenceInPercentStandsWhereItsValueIs) {
  LinePlot plot{.description = "",
                .x_label = "",
                .y_label = "",
                .percent = true,
                .reference = ReferenceLine{0.6, "goal"}};
  plot.series.push_back({.label = "a", .seeds = {{1, {0, 1}, {0.9, 0.95}}}});
  const Axis y = axes_of(plot).y;
  EXPECT_LE(y.low, 60);
  EXPECT_GT(y.low, 40) << "60 %, not 0.6 %";
}

TEST(DotPlot, OfDifferencesShowsZero) {
  DotPlot plot{.description = "d", .x_label = "difference", .zero = true};
  plot.rows.push_back(
      {.label = "a", .seeds = {{1, .3}, {2, .35}}, .interval = mean_interval(std::vector{.3, .35})});
  EXPECT_LE(axis_of(plot)->low, 0);
  EXPECT_EQ(occurrences(svg_of(plot), "class=\"zero\""), 1U);
  plot.zero = false;
  EXPECT_EQ(occurrences(svg_of(plot), "class=\"zero\""), 0U);
}

TEST(DotPlot, ItsAxisStaysWithinWhatIsPossible) {
  DotPlot plot{.description = "d", .x_label = "r", .possible = {.low = -1, .high = 1}};
  plot.rows.push_back(
      {.label = "a", .seeds = {{1, .99}, {2, .3}}, .interval = mean_interval(std::vector{.99, .3})});
  EXPECT_LE(axis_of(plot)->high, 1);
}

}  // namespace
}  // namespace apical
