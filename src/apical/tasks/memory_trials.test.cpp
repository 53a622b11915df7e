// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/memory_trials.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"
#include "apical/tasks/sequential_image.h"
#include "apical/tasks/temporal_series.h"

namespace apical {
namespace {

TEST(EvidenceTrial, CuesFillTheEndOfTheirSpacingAndTheMajorityIsTheAnswer) {
  const std::int32_t cues[] = {0, 1, 1};
  const EvidenceTrial trial = evidence_trial(cues, {.spacing = 10, .cue = 4, .delay = 5, .recall = 3});
  EXPECT_EQ(trial.steps, 38U);
  EXPECT_EQ(trial.label, 1);
  EXPECT_EQ(trial.scored.from, 35U);
  ASSERT_EQ(trial.segments.size(), 5U);
  EXPECT_EQ(trial.segments[1].steps.from, 16U);
  EXPECT_EQ(trial.segments[1].group, EvidenceGroup::right);
  EXPECT_THROW(evidence_trial({}, {}), ConfigError);
  EXPECT_THROW(evidence_trial(cues, {.spacing = 3, .cue = 4}), ConfigError);
}

TEST(CopyTrial, AsksForTheSymbolsAfterTheDelay) {
  const std::int32_t symbols[] = {2, 0};
  const CopyTrial trial = copy_trial(symbols, 3, 3);
  EXPECT_EQ(trial.channel, (std::vector<std::size_t>{3, 1, 0, 0, 4, 0, 0}));
  EXPECT_EQ(trial.target, (std::vector<std::size_t>{0, 0, 0, 0, 0, 3, 1}));
  EXPECT_THROW(copy_trial(symbols, 0, 3), ConfigError);
  EXPECT_THROW(copy_trial(symbols, 3, 2), ConfigError);
}

TEST(StoreRecallTrial, AsksForTheStoredBit) {
  const std::int32_t bits[] = {0, 1, 1};
  const StoreRecallTrial trial = store_recall_trial(bits, 0, 2, 2);
  EXPECT_EQ(trial.target, -1);
  EXPECT_EQ(trial.inputs(0, 1), 1);
  EXPECT_EQ(trial.inputs(4, 2), 1);
  EXPECT_EQ(trial.inputs(4, 0), 1);
  EXPECT_THROW(store_recall_trial(bits, 2, 2, 2), ConfigError);
  EXPECT_THROW(store_recall_trial(bits, 0, 3, 2), ConfigError);
}

TEST(BinnedSpikes, CountsPoolsAndDrops) {
  const double times[] = {0.0, 0.5, 0.51, 1.0};
  const std::int64_t channels[] = {0, 3, 2, 1};
  const BinnedSpikes binned = bin_spikes(times, channels, {.bins = 2, .t_max = 1, .channels = 4, .pool = 2});
  EXPECT_EQ(binned.counts(0, 0), 1);
  EXPECT_EQ(binned.counts(1, 1), 2);
  EXPECT_EQ(binned.dropped, 1U);
  EXPECT_THROW(bin_spikes(times, std::span(channels).first(3), {}), DataError);
  EXPECT_THROW(bin_spikes(times, channels, {.channels = 3}), DataError);
  EXPECT_THROW(bin_spikes(times, channels, {.bins = 0}), ConfigError);
  const double early[] = {-0.1, 0, 0, 0};
  EXPECT_THROW(bin_spikes(early, channels, {}), DataError);
}

TEST(SequentialImage, ShowsRowsPixelsOrAPermutation) {
  const double pixels[] = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(sequential_image(pixels, 3, PixelOrder::rows)(1, 0), 4);
  EXPECT_EQ(sequential_image(pixels, 3, PixelOrder::pixels).rows(), 6U);
  const std::uint32_t places[] = {5, 4, 3, 2, 1, 0};
  EXPECT_EQ(sequential_image(pixels, 3, PixelOrder::permuted, places)(0, 0), 6);
  EXPECT_THROW(sequential_image(pixels, 4, PixelOrder::rows), DataError);
  EXPECT_THROW(sequential_image(pixels, 3, PixelOrder::permuted), DataError);
  const std::uint32_t beyond[] = {6, 4, 3, 2, 1, 0};
  EXPECT_THROW(sequential_image(pixels, 3, PixelOrder::permuted, beyond), DataError);
}

TEST(TemporalSeries, MackeyGlassRestsWhereProductionEqualsDecay) {
  // 0.2 x / (1 + x^10) = 0.1 x at x = 1.
  for (const double x : mackey_glass({.x0 = 1, .discard = 50}, 20)) EXPECT_NEAR(x, 1, 1e-12);
  EXPECT_THROW(mackey_glass({.h = 0}, 1), ConfigError);
  EXPECT_THROW(mackey_glass({.tau = 0.01}, 1), ConfigError);
}

TEST(TemporalSeries, SumsOfSinesStartAtZeroAndReachOne) {
  const auto values = sum_of_sines({{1, 2}, {0.3, 1}, {1, 3}}, 50);
  EXPECT_EQ(values[0], 0);
  EXPECT_DOUBLE_EQ(std::abs(*std::max_element(values.begin(), values.end(),
                                              [](double a, double b) { return std::abs(a) < std::abs(b); })),
                   1);
  EXPECT_NEAR(values.front(), values.back(), 1e-12);
  EXPECT_THROW(sum_of_sines({{1}, {}, {1}}, 50), ConfigError);
  EXPECT_THROW(sum_of_sines({{1}, {1}, {1}}, 1), ConfigError);
}

}  // namespace
}  // namespace apical
