// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/score.h"

#include <gtest/gtest.h>

namespace apical {
namespace {

TEST(Score, ClassesThatWereShownAndNeverDecidedOnAreCounted) {
  Score s;
  EXPECT_EQ(s.classes_never_decided(), 0U);
  for (const auto& [decided, label] : {std::pair{2, 2}, {2, 0}, {0, 0}, {2, 3}, {4, 2}})
    s.count_decision(decided, label);
  EXPECT_EQ(s.correct, 2);
  EXPECT_EQ(s.classes_never_decided(), 1U)
      << "3 was shown and never decided on; 1 was not shown, 4 was decided on";
  s.count_decision(3, 4);
  EXPECT_EQ(s.classes_never_decided(), 0U);
}

}  // namespace
}  // namespace apical
