// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/presentation.h"

#include <gtest/gtest.h>

#include "apical/learning/training_fields.h"
#include "apical/tasks/task.h"

namespace apical {
namespace {

double default_presentation_ms(double dt_ms, std::size_t depth) {
  return PresentationOptions(find_task("yin-yang"), dt_ms, depth).presentation.presentation_ms;
}

TEST(Presentations, AreAsLongAsTheAreasOfACircuitNeed) {
  EXPECT_DOUBLE_EQ(default_presentation_ms(0.01, 2), 0.2) << "20 steps, and 6 are needed";
  EXPECT_DOUBLE_EQ(default_presentation_ms(0.1, 2), 0.6);
  EXPECT_DOUBLE_EQ(default_presentation_ms(0.05, 3), 0.4);
  EXPECT_DOUBLE_EQ(default_presentation_ms(0.03, 1), 0.21) << "on the grid of steps";
}

}  // namespace
}  // namespace apical
