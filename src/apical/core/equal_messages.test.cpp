// SPDX-License-Identifier: Apache-2.0
#include "apical/core/equal_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apical {
namespace {

using ::testing::ElementsAre;

TEST(EqualMessages, AreOneLineWithTheirNumberAndAnExample) {
  std::vector<Message> all{{"odd", "did not learn"}};
  for (int i = 1; i <= 20; ++i)
    all.push_back({"run " + std::to_string(i), "loss rose by " + std::to_string(0.5 * i) + " %"});
  EXPECT_THAT(
      grouped(all),
      ElementsAre("odd: did not learn",
                  "20 runs, from run 1: loss rose by 0.500000 %, to run 20: loss rose by 10.000000 %"));
  EXPECT_THAT(grouped({{"A", "x 3 %"}, {"B", "x 1 %"}, {"C", "x 900 %"}, {"D", "x 1 %"}}),
              ElementsAre("4 runs, from B: x 1 %, to C: x 900 %"));
}

TEST(EqualMessages, OfSeedsThatWereLostAreNeverFolded) {
  std::vector<Message> all;
  for (int i = 1; i <= 5; ++i)
    all.push_back({"run " + std::to_string(i), "seed " + std::to_string(i) + " diverged"});
  EXPECT_THAT(grouped(all), ::testing::SizeIs(5));
}

TEST(EqualMessages, ThatOnlySpeakOfSeedsAreFolded) {
  std::vector<Message> all;
  for (int i = 1; i <= 5; ++i)
    all.push_back({"run " + std::to_string(i), std::to_string(30 + i) + " %, mean over seeds"});
  EXPECT_THAT(grouped(all),
              ElementsAre("5 runs, from run 1: 31 %, mean over seeds, to run 5: 35 %, mean over seeds"));
}

TEST(EqualMessages, OfFewNameAllOfThemIfTheirNumbersAreEqualToo) {
  EXPECT_THAT(grouped({{"A", "3 of 4 died"}, {"B", "3 of 4 died"}}), ElementsAre("A and B: 3 of 4 died"));
  EXPECT_THAT(grouped({{"A", "3 of 4 died"}, {"B", "2.5e-3 of 4 died"}}),
              ElementsAre("A: 3 of 4 died", "B: 2.5e-3 of 4 died"));
}

TEST(EqualMessages, OfOneSpeakerStayApart) {
  EXPECT_THAT(grouped({{"A", "area 1 is dead"}, {"A", "area 2 is dead"}}),
              ElementsAre("A: area 1 is dead", "A: area 2 is dead"));
  EXPECT_THAT(grouped({{"A", "area 1 is dead"},
                       {"A", "area 2 is dead"},
                       {"B", "area 1 is dead"},
                       {"B", "area 2 is dead"}}),
              ElementsAre("A and B: area 1 is dead", "A and B: area 2 is dead"));
}

}  // namespace
}  // namespace apical
