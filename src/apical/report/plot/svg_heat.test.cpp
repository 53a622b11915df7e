// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/svg_heat.h"

#include <gtest/gtest.h>

#include "apical/report/plot/figure.h"

namespace apical {
namespace {

HeatPlot two_by_two() {
  HeatPlot p{.description = "accuracy <over> two keys",
             .x_label = "eta",
             .y_label = "gain",
             .value_label = "accuracy (%)"};
  p.x = {0.1, 1};
  p.y = {1, 2};
  p.percent = true;
  p.cells = {{0, 0, {0.5, 0.4, 0.6, 3}, "50"},
             {1, 0, {0.6, 0.5, 0.7, 3}, "60"},
             {0, 1, {0.9, 0.8, 0.95, 3}, "90"},
             {1, 1, {0, 0, 0, 0}, ""}};
  return p;
}

TEST(SvgHeat, TheLeastAndTheLargestHaveTheEndsOfTheScaleAndTheirFiguresInThem) {
  const HeatPlot p = two_by_two();
  EXPECT_EQ(shade_of(p, p.cells[0]), 0);
  EXPECT_EQ(shade_of(p, p.cells[1]), 2);
  EXPECT_EQ(shade_of(p, p.cells[2]), 8);
  EXPECT_EQ(value_range(p), std::pair(50.0, 90.0));
  const std::string drawn = svg_of(p);
  EXPECT_NE(drawn.find(">90</text>"), std::string::npos);
  EXPECT_NE(drawn.find("&lt;over&gt;"), std::string::npos);
  std::size_t fields = 0;
  for (std::size_t at = 0; (at = drawn.find("class=\"field", at)) != std::string::npos; ++at) ++fields;
  constexpr std::size_t kOfTheScale = 9;
  EXPECT_EQ(fields, 3U + kOfTheScale) << "what is not known stays empty";
  // Rows go up: the larger y is drawn above.
  EXPECT_LT(drawn.find(">50</text>"), drawn.find(">90</text>"));
  EXPECT_EQ(svg_of(HeatPlot{}), "");
}

TEST(SvgHeat, OfDecadesColoursFollowTheLogarithm) {
  HeatPlot p = two_by_two();
  p.percent = false;
  p.cells = {{0, 0, {1e-4, 0, 1, 3}, "1e-4"}, {1, 0, {1e-2, 0, 1, 3}, "0.01"}, {0, 1, {1, 0, 2, 3}, "1"}};
  EXPECT_EQ(shade_of(p, p.cells[1]), 0) << "a hundredth of the largest, as a length";
  p.log = true;
  EXPECT_EQ(shade_of(p, p.cells[0]), 0);
  EXPECT_EQ(shade_of(p, p.cells[1]), 4);
  EXPECT_EQ(shade_of(p, p.cells[2]), 8);
  EXPECT_NE(svg_of(p).find("by its logarithm"), std::string::npos);
  p.cells[0].interval.mean = 0;
  EXPECT_EQ(shade_of(p, p.cells[1]), 0) << "zero has none";
}

TEST(SvgHeat, ItsDataHaveWhatIsDrawn) {
  const std::string data = data_of({.title = "t", .caption = "", .plot = two_by_two()});
  EXPECT_NE(data.find("\"kind\":\"heat\""), std::string::npos);
  EXPECT_NE(data.find("\"mean\":90.0"), std::string::npos) << data;
}

}  // namespace
}  // namespace apical
