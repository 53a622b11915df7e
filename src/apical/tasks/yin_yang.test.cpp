// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/yin_yang.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace apical {
namespace {

TEST(YinYang, SplitsHaveThePublishedClassCounts) {
  const Dataset data = make_dataset("yin-yang");
  EXPECT_EQ(data.inputs(), 4U);
  EXPECT_EQ(data.outputs(), 3U);
  const auto counts = [](const Split& split) {
    std::vector<long> n;
    for (std::int32_t label = 0; label < 3; ++label)
      n.push_back(std::count(split.labels.begin(), split.labels.end(), label));
    return n;
  };
  EXPECT_EQ(counts(data.train), (std::vector<long>{1681, 1702, 1617}));
  EXPECT_EQ(counts(data.validation), (std::vector<long>{316, 336, 348}));
  EXPECT_EQ(counts(data.test), (std::vector<long>{350, 316, 334}));
}

TEST(YinYang, FirstPointIsThePublishedOneToTheLastBit) {
  const YinYangPoints drawn = draw_yin_yang(1, 42);
  EXPECT_EQ(drawn.points(0, 0), 0.6803075385877797);
  EXPECT_EQ(drawn.points(0, 1), 0.450499251969543);
}

// A half turn about the centre exchanges yin and yang and keeps the dots, except on the seam.
TEST(YinYang, AHalfTurnExchangesYinAndYang) {
  const YinYangPoints drawn = draw_yin_yang(2000, 7);
  for (std::size_t i = 0; i < 2000; ++i) {
    const double x = drawn.points(i, 0), y = drawn.points(i, 1);
    const std::int32_t here = drawn.labels[i], turned = yin_yang_class(1 - x, 1 - y, {});
    EXPECT_EQ(yin_yang_class(x, y, {}), here);
    EXPECT_EQ(turned, here == 2 ? 2 : 1 - here) << x << " " << y;
  }
}

TEST(YinYang, PointsLieInADiscOfTheGivenSize) {
  const YinYangGeometry small{0.02, 0.25};
  const YinYangPoints drawn = draw_yin_yang(500, 3, small);
  double farthest = 0;
  for (std::size_t i = 0; i < 500; ++i) {
    farthest = std::max(farthest, std::hypot(drawn.points(i, 0) - 0.25, drawn.points(i, 1) - 0.25));
    EXPECT_EQ(drawn.points(i, 2), 1 - drawn.points(i, 0));
  }
  EXPECT_LE(farthest, 0.25);
  EXPECT_GT(farthest, 0.2);
}

}  // namespace
}  // namespace apical
