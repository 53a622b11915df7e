// SPDX-License-Identifier: Apache-2.0
#include "apical/report/html/svg_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/report_samples.h"

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

TEST(SvgFile, OfNothingIsNothing) { EXPECT_EQ(svg_file({"", "", LinePlot{}}, 89), ""); }

}  // namespace
}  // namespace apical
