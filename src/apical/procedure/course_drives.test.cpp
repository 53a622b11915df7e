// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_drives.h"

#include <gtest/gtest.h>

namespace apical {
namespace {

using namespace course;

TEST(CourseDrives, FollowStimuliAndPhasesAndBeginAnewInEach) {
  Course course;
  course.stimuli = {{.name = "a", .injections = {{.population = "in", .constant_A = 1}}},
                    {.name = "b", .injections = {{.population = "in", .constant_A = 3}}}};
  Stage stage{.name = "test", .shows = Shows::stimuli, .watched = "seen"};
  stage.phases = {{.name = "quiet", .duration_s = 2},
                  {.name = "waving",
                   .duration_s = 4,
                   .injections = {{.population = "in", .amplitude_A = 10, .period_s = 4}}}};
  course.stages = {stage, stage};
  course.stages.back().watched.clear();
  const std::vector<DrivePiece> all = drives_of(course);
  const auto at = [&](double s) {
    double sum = 0;
    for (const DrivePiece& p : all) sum += p.at(s);
    return sum;
  };
  ASSERT_EQ(all.size(), 6U) << "one stage is watched: two stimuli in two phases, and a wave in one of them";
  EXPECT_DOUBLE_EQ(at(1), 1);
  EXPECT_DOUBLE_EQ(at(3), 1 + 10) << "a quarter of a period after the phase began";
  EXPECT_DOUBLE_EQ(at(7), 3);
  EXPECT_DOUBLE_EQ(at(9), 3 + 10);
  EXPECT_DOUBLE_EQ(at(13), 0);
}

}  // namespace
}  // namespace apical
