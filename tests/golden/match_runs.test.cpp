// SPDX-License-Identifier: Apache-2.0
// The released program's own trials and initial weights, learned for ten epochs, end at the losses it
// printed.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "golden/golden.h"
#include "support/paths.h"

namespace apical::golden {
namespace {

const std::string kFile = std::string(test::kTestData) + "/golden/match/dms_trials_and_weights.json";

TEST(MatchRuns, EndAtTheLossesThatWerePrinted) {
  const Verdict v = replay_file(kFile);
  EXPECT_TRUE(v.passed) << v.worst_quantity << " deviates by " << v.worst_deviation << " of " << v.tolerance;
}

TEST(MatchRuns, WithOneOtherTrialEndElsewhere) {
  nlohmann::json file = nlohmann::json::parse(std::ifstream(kFile));
  nlohmann::json& trial = file.at("train").at(0);
  trial.at(0) = trial.at(0).get<int>() + 40;
  std::size_t recognised = 0;
  for (const Format& format : formats()) {
    if (!format.recognises(file)) continue;
    ++recognised;
    EXPECT_FALSE(format.replay(file).passed) << format.name;
  }
  EXPECT_EQ(recognised, 1U);
}

}  // namespace
}  // namespace apical::golden
