// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/svg_raster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/well_formed.h"

namespace apical {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SvgRaster, DrawsATickPerSpikeOfItsKind) {
  const RasterPlot plot{"two neurons",
                        2,
                        {{"1,0", 0.5, 7}, {"0 < 1", 0.5, 9}},
                        {{"hid1", {{{0.1, 0, false}, {0.11, 0, true}, {0.2, 1, false}}, {}}}},
                        {{"hid1, soma", "pA", {{{0, 0.5}, {100, 200}}, {}}}}};
  const std::string svg = svg_of(plot);
  EXPECT_EQ(test::malformed(svg), "");
  EXPECT_THAT(svg, HasSubstr("hid1"));
  EXPECT_THAT(svg, HasSubstr("0 &lt; 1"));
  for (const char* part : {">time (s)<", ">7.20<", ">9.40<", "hid1, soma", ">200<", "class=\"drive\""})
    EXPECT_THAT(svg, HasSubstr(part));
  const auto ticks = [&](const std::string& kind) {
    const auto at = svg.find("class=\"" + kind + "\"");
    const std::string path = svg.substr(at, svg.find("/>", at) - at);
    return std::count(path.begin(), path.end(), 'M');
  };
  EXPECT_EQ(ticks("first"), 2);
  EXPECT_EQ(ticks("later"), 1);
}

TEST(SvgRaster, NothingToDrawIsNothing) {
  EXPECT_EQ(svg_of(RasterPlot{}), "");
  EXPECT_THAT(svg_of(RasterPlot{"silent", 3, {{"all", 1}}, {{"out", {{}}}}, {}}),
              Not(HasSubstr("class=\"first\"")));
}

}  // namespace
}  // namespace apical
