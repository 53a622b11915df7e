// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/delayed_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "apical/core/error.h"
#include "apical/io/test_directory.h"

namespace apical {
namespace {

TEST(DelayedMatch, TargetIsOneForEqualCues) {
  for (std::int32_t first : {-1, 1}) {
    for (std::int32_t second : {-1, 1}) {
      MatchTrial trial;
      trial.first = first;
      trial.second = second;
      EXPECT_EQ(trial.target(), std::abs(first + second) - 1);
    }
  }
}

TEST(DelayedMatch, CuesStandAroundASilentDelay) {
  MatchTrial trial;
  trial.first = -1;
  trial.second = 1;
  trial.delay = 120;
  const InputSequence course = trial.sequence();
  EXPECT_EQ(course.steps(), 870U);
  for (std::uint32_t step = 0; step < course.steps(); ++step) {
    const double expected = step < 250 ? 0 : step < 500 ? -1 : step < 620 ? 0 : 1;
    ASSERT_EQ(course.at(step)[0], expected) << step;
  }
}

TEST(DelayedMatch, CuesAreFairAndDelaysUniformWithBothEnds) {
  const int trials = 20000;
  std::map<std::uint32_t, int> delays;
  int first = 0, second = 0, match = 0;
  for (std::uint64_t i = 0; i < trials; ++i) {
    const MatchTrial trial = draw_match_trial(42, i);
    first += trial.first;
    second += trial.second;
    match += trial.target();
    delays[trial.delay]++;
  }
  const double five_errors = 5 * std::sqrt(trials);
  EXPECT_LT(std::abs(first), five_errors);
  EXPECT_LT(std::abs(second), five_errors);
  EXPECT_LT(std::abs(match), five_errors);
  EXPECT_EQ(delays.size(), 200U);
  EXPECT_EQ(delays.begin()->first, 50U);
  EXPECT_EQ(delays.rbegin()->first, 249U);
  for (const auto& [delay, count] : delays)
    EXPECT_NEAR(count, trials / 200.0, 5 * std::sqrt(trials / 200.0)) << delay;
}

TEST(DelayedMatch, TrialsOfAFileAreShownAsTheyAre) {
  const io::TestDirectory directory;
  const std::string file = directory / "trials.csv";
  io::write_atomically(file, std::string_view("first,second,delay_steps\n1,-1,67\n-1,-1,250\n"));
  const Dataset data = make_dataset("delayed-match-to-sample", TaskParameters{}.set("train_trials", file));
  ASSERT_EQ(data.train.size(), 2U);
  EXPECT_EQ(data.test.size(), 50U) << "drawn as ever";
  EXPECT_EQ(data.train.targets(0, 0), -1);
  EXPECT_EQ(data.train.targets(1, 0), 1);
  EXPECT_EQ(data.train.sequences[0].steps(), 250U + 250 + 67 + 250);
  EXPECT_TRUE(data.from_files) << "so that a run knows them again";
  const auto complaint = [&](std::string_view text) -> std::string {
    io::write_atomically(file, text);
    try {
      make_dataset("delayed-match-to-sample", TaskParameters{}.set("train_trials", file));
    } catch (const DataError& e) {
      return e.what();
    }
    return "none";
  };
  using testing::HasSubstr;
  EXPECT_THAT(complaint("first,second,delay_steps\n1,0,67\n"),
              HasSubstr("trials.csv:2: second is '0'; expected 1"));
  EXPECT_THAT(complaint("first,second,delay_steps\n1,1,6.5\n"), HasSubstr("delay_steps is '6.5'"));
  EXPECT_THAT(complaint("first,second,delay\n1,1,6\n"), HasSubstr("has no column 'delay_steps'"));
}

TEST(DelayedMatch, DatasetIsOfSequences) {
  const Dataset data = make_dataset("delayed-match-to-sample");
  EXPECT_TRUE(data.is_sequence());
  EXPECT_EQ(data.inputs(), 1U);
  EXPECT_EQ(data.outputs(), 1U);
  EXPECT_EQ(data.sequence_dt_ms, 0.01);
  for (const Split* split : {&data.train, &data.validation, &data.test}) {
    ASSERT_EQ(split->size(), 50U);
    ASSERT_EQ(split->sequences.size(), 50U);
    for (std::size_t i = 0; i < 50; ++i) {
      const auto& values = split->sequences[i].values;
      EXPECT_EQ(split->targets(i, 0), values(1, 0) * values(3, 0));
      EXPECT_EQ(data.decide(split->targets.row(i)), split->labels[i]);
    }
  }
}

}  // namespace
}  // namespace apical
