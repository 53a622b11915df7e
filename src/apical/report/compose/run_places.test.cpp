// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/run_places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apical {
namespace {

using ::testing::ElementsAre;

TEST(RunPlaces, AreInOrderAlongTheAxisWhateverOrderTheRunsHave) {
  RunAxes axes{.axes = {{.name = "model.width", .keys = {"model.width"}, .at = {30, 10, 20}}},
               .series = {"", "", ""}};
  const std::vector<std::string> labels = labels_of(axes);
  EXPECT_THAT(labels, ElementsAre("width 30", "width 10", "width 20"));
  const RunPlaces places = places_of(axes, labels);
  std::vector<std::string> in_order;
  for (const SweptRun& s : places.sweep) in_order.push_back(s.label);
  EXPECT_THAT(in_order, ElementsAre("width 10", "width 20", "width 30"));
  EXPECT_EQ(places.sweep[0].axis, "model.width");
  EXPECT_FALSE(places.grid);
  axes = {.axes = {{.name = "model.width", .keys = {"model.width"}, .at = {30, 10}}}, .series = {"", ""}};
  EXPECT_TRUE(places_of(axes, labels_of(axes)).empty()) << "two points are no curve";
}

TEST(RunPlaces, KeysOfTwoTablesWithOneNameKeepTheirTables) {
  const RunAxes axes{.axes = {{.name = "model.noise", .keys = {"model.noise"}, .at = {1, 1, 2, 2}},
                              {.name = "task.noise", .keys = {"task.noise"}, .at = {3, 4, 3, 4}}},
                     .series = {"", "", "", ""}};
  EXPECT_EQ(labels_of(axes)[1], "model.noise 1, task.noise 4");
  const RunPlaces places = places_of(axes, labels_of(axes));
  ASSERT_TRUE(places.grid);
  EXPECT_EQ(places.grid->places.size(), 4U);
}

}  // namespace
}  // namespace apical
