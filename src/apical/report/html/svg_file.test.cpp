// SPDX-License-Identifier: Apache-2.0
#include "apical/report/html/svg_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/report/html/style.h"
#include "support/report_samples.h"
#include "support/well_formed.h"

namespace apical {
namespace {

using testing::HasSubstr;
using testing::Not;

Figure two_models() {
  LinePlot plot{.description = "made up", .x_label = "epoch", .y_label = "loss"};
  plot.series.push_back({.label = "a", .style = 1, .seeds = samples::curves(3, 20, {1, 0.1, 4, 0.1}, 1)});
  plot.series.push_back(
      {.label = "b", .style = 0, .principal = true, .seeds = samples::curves(3, 20, {1, 0.2, 4, 0.1}, 2)});
  return {"Loss", "", plot};
}

TEST(SvgFile, HasItsSizeInMillimetresAndTextsOfSevenPoints) {
  const std::string svg = svg_file(two_models(), 89);
  EXPECT_THAT(svg, HasSubstr("width=\"89.00mm\""));
  // 12 units of the view box are 7 points: 89 mm are 252.3 points, so 432.5 units.
  EXPECT_THAT(svg, HasSubstr("viewBox=\"0 0 432.5 "));
  EXPECT_THAT(svg_file(two_models(), 183), HasSubstr("viewBox=\"0 0 889.3 "));
}

TEST(SvgFile, HoldsItsStyleWithoutVariables) {
  const std::string svg = svg_file(two_models(), 89);
  EXPECT_THAT(svg, Not(HasSubstr("var(")));
  EXPECT_THAT(svg, Not(HasSubstr("--")));
  EXPECT_THAT(svg, HasSubstr(".p1.series .mean{stroke:#D55E00}"));
  EXPECT_THAT(svg, HasSubstr(".d1.series .mean{stroke-dasharray:8 3}"));
  EXPECT_THAT(svg, HasSubstr(".principal.series .mean{stroke-width:2.4}"));
  EXPECT_THAT(svg, Not(HasSubstr(".p5 ")));
  // Dashes are those of means: bands and markers are paths too.
  EXPECT_THAT(svg, Not(HasSubstr(".d1 path{")));
  EXPECT_THAT(svg, Not(HasSubstr(".p1 path{")));
}

/// What the horizontal axis takes of the width of the view box.
double share_of_data(const std::string& svg) {
  const double wide = std::stod(svg.substr(svg.find("viewBox=\"0 0 ") + 13));
  std::size_t axis = svg.find("class=\"axis\" d=\"M");
  const std::size_t from = axis + 17, to = svg.find('H', from) + 1;
  return (std::stod(svg.substr(to)) - std::stod(svg.substr(from))) / wide;
}

TEST(SvgFile, OfOneColumnLeavesMostOfItsWidthToData) {
  LinePlot lines{.description = "made up", .x_label = "epoch", .y_label = "validation accuracy (%)"};
  DotPlot dots{.description = "made up", .x_label = "test accuracy (%)"};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string label = "difference target propagation, hidden neurons " + std::to_string(100 * i);
    lines.series.push_back(
        {.label = label, .style = i, .seeds = samples::curves(3, 20, {1, 0.1 * double(i), 4, 0.1}, i)});
    dots.rows.push_back({.label = label,
                         .style = i,
                         .seeds = {{1, 0.9}, {2, 0.95}},
                         .interval = {0.92, 0.9, 0.94, 2},
                         .text = "92.12 [90.01, 94.55] %"});
  }
  for (const Figure& figure : {Figure{"Lines", "", lines}, Figure{"Dots", "", dots}}) {
    for (const double mm : {60., 89., 120., 183.}) {
      const std::string svg = svg_file(figure, mm);
      EXPECT_GE(share_of_data(svg), 0.6) << figure.title << ", " << mm;
      EXPECT_THAT(svg, HasSubstr("neurons 300"));
      EXPECT_EQ(test::malformed(svg.substr(svg.find("<svg"))), "");
    }
  }
  // Short labels stand at the ends of their lines.
  EXPECT_THAT(svg_file(two_models(), 89), HasSubstr("class=\"leader\""));
  EXPECT_THAT(svg_file({"Lines", "", lines}, 89), Not(HasSubstr("class=\"leader\"")));
}

TEST(SvgFile, HasNoTextBelowSixPoints) {
  const std::string css(figure_css());
  for (std::size_t at = 0; (at = css.find("font-size:", at)) != std::string::npos;) {
    at += 10;
    EXPECT_GE(std::stod(css.substr(at)) * 7 / 12, 6.0) << css.substr(at, 12);
  }
}

TEST(SvgFile, OfAMapSaysWhatItsColoursAre) {
  HeatPlot map{.description = "made up", .x_label = "eta", .y_label = "gain", .value_label = "accuracy (%)"};
  for (std::size_t i = 0; i < 40; ++i) {
    map.x.push_back(double(i) + 0.125);
    map.cells.push_back({i, 0, {double(i), 0, 0, 1}, "12.345"});
  }
  map.y = {1};
  const std::string svg = svg_file({"Map", "", map}, 89);
  EXPECT_THAT(svg, HasSubstr(">accuracy (%)</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("12.345"))) << "where a field has no room for figures";
  EXPECT_THAT(svg, Not(HasSubstr(">1.125</text>"))) << "nor each column for its value";
  EXPECT_THAT(svg, HasSubstr(">0.125</text>"));
}

TEST(SvgFile, OfNothingIsNothing) { EXPECT_EQ(svg_file({"", "", LinePlot{}}, 89), ""); }

}  // namespace
}  // namespace apical
