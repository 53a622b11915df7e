// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/series_tasks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"
#include "apical/tasks/temporal_series.h"

namespace apical {
namespace {

TEST(SinesTask, ShowsTheTimeAndWantsTheSameCurveInEverySample) {
  const Dataset data = make_dataset("sines", TaskParameters{}.set("seed", 3));
  ASSERT_EQ(data.inputs(), 5U);
  EXPECT_EQ(data.answer_steps, 100U);
  EXPECT_EQ(data.readout, Readout::regression);
  const InputSequence& course = data.train.sequences.front();
  for (std::uint32_t t = 0; t < 100; ++t) {
    for (std::size_t j = 0; j < 5; ++j) EXPECT_EQ(course.at(t)[j], t / 20 == j ? 1 : 0);
  }
  const Matrix<double>& wanted = data.train.target_courses.front();
  EXPECT_EQ(wanted(0, 0), 0);
  double largest = 0;
  for (const double y : wanted.flat()) largest = std::max(largest, std::abs(y));
  EXPECT_DOUBLE_EQ(largest, 1);
  EXPECT_EQ(data.test.target_courses.front(), wanted);
  EXPECT_EQ(data.train.targets(7, 0), wanted(99, 0));
  const Dataset other = make_dataset("sines", TaskParameters{}.set("seed", 4));
  EXPECT_NE(other.train.target_courses.front(), wanted);
}

TEST(SinesTask, SpikesAreFrozenAndAsFrequentAsTheyShouldBe) {
  const Dataset data = make_dataset("sines", TaskParameters{}
                                                 .set("input", std::string("spikes"))
                                                 .set("inputs", 100)
                                                 .set("steps", 1000)
                                                 .set("train_samples", 2));
  EXPECT_EQ(data.train.sequences[0].values, data.train.sequences[1].values);
  double spikes = 0;
  for (const double x : data.train.sequences[0].values.flat()) spikes += x;
  // Five standard deviations of 100000 draws at 0.05.
  EXPECT_NEAR(spikes, 5000, 345);
}

TEST(MackeyGlassTask, TargetsAreTheSeriesAheadAndSplitsFollowOneAnother) {
  const Dataset data = make_dataset("mackey-glass", TaskParameters{}
                                                        .set("window_steps", 50)
                                                        .set("unscored_steps", 10)
                                                        .set("ahead_steps", 6)
                                                        .set("stride_steps", 10));
  EXPECT_EQ(data.answer_steps, 40U);
  // Windows overlap: what is wanted in one stands in the next ones.
  const auto shown = [&](std::size_t at) { return data.train.sequences[at / 10].values(at % 10, 0); };
  for (std::size_t k = 0; k < 40; ++k)
    EXPECT_EQ(data.train.target_courses[3](k, 0), shown(30 + 10 + 6 + k)) << k;
  double mean = 0, squares = 0;
  for (std::size_t at = 0; at < 3900; ++at) {
    mean += shown(at) / 3900;
    squares += shown(at) * shown(at) / 3900;
  }
  EXPECT_NEAR(mean, 0, 0.02);
  EXPECT_NEAR(squares, 1, 0.02);
  EXPECT_EQ(data.test.size(), (1900U - 56) / 50 + 1);
  EXPECT_THROW(make_dataset("mackey-glass", TaskParameters{}.set("test_units", 60)), ConfigError);
}

}  // namespace
}  // namespace apical
