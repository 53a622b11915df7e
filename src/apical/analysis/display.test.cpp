// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/display.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace apical {
namespace {

TEST(Display, ComesBackFromAManifestAsItWentIn) {
  const Display d{
      .headlines = {{"accuracy", "pictures right", "%"}},
      .dots = {{"answers", "of each", "rate (Hz)", {{"untrained", "rate", true}}}},
      .figures = {{"cost", "of an epoch", "epoch", "cost", "train", {{"all", "cost"}}, 0.5, "half"},
                  {"weights", "", "epoch", "weight", "train", {{"in → out", "w"}}}},
      .curve_x = "rate (Hz)",
      .activity = "Drives begin at 1 s."};
  const nlohmann::json once = display_json(d);
  const Display back = read_display(once);
  EXPECT_EQ(display_json(back), once);
  ASSERT_EQ(back.figures.size(), 2U);
  EXPECT_EQ(back.figures[0].reference, 0.5);
  EXPECT_EQ(back.figures[1].reference, std::nullopt);
  EXPECT_TRUE(back.dots.at(0).rows.at(0).first);
  EXPECT_EQ(back.headlines.at(0).unit, "%");
}

/// Two seeds that never decide on 0 and 1 of three classes: without an upper end the interval reached 164893.
TEST(Display, IntervalsOfCountsStayBelowWhatThereIsToCount) {
  Display d;
  d.ranges["classes_never_decided"] = {0, 3};
  const Display back = read_display(display_json(d));
  const MeanInterval i = over_seeds(metric_in(back, "classes_never_decided"), std::vector<double>{0, 1});
  EXPECT_EQ(i.mean, 0.5);
  EXPECT_GE(i.low, 0);
  EXPECT_LE(i.high, 3);
  EXPECT_EQ(metric_in(back, "accuracy").high, 1) << "the catalogue's own";
}

}  // namespace
}  // namespace apical
