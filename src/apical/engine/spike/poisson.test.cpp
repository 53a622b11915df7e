// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/spike/poisson.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/random.h"

namespace apical::spike {
namespace {

TEST(Poisson, GapsAreDrawnFromTheirAddresses) {
  AlignedBuffer<std::int32_t> gaps(kGapBatch);
  const float inverse_log = static_cast<float>(1 / std::log1p(-0.05));
  const std::uint64_t seed = 0x123456789abcdefULL, batch = (1ULL << 33) + 5;
  fill_gaps(seed, 77, batch, inverse_log, gaps.data());
  for (std::uint32_t c = 0; c < 64; ++c) {
    const auto w = random_words({seed, Stream::background_input, 77, 64 * batch + c});
    const std::int32_t found[4] = {gaps[2 * c], gaps[2 * c + 1], gaps[128 + 2 * c], gaps[128 + 2 * c + 1]};
    for (int i = 0; i < 4; ++i) {
      const double u = std::max(0.5, static_cast<double>(w[i] >> 1)) * 0x1p-31;
      const double exact = std::log(u) * static_cast<double>(inverse_log);
      EXPECT_NEAR(found[i], 1 + std::floor(exact), std::abs(exact - std::round(exact)) < 1e-4 ? 1 : 0);
    }
  }
}

// Counts per train and step against the binomial law, five standard errors.
TEST(Poisson, TrainsFireIndependentlyAtTheirRateAndAtMostOncePerStep) {
  constexpr int kTrains = 50, kSteps = 40000;
  for (const double p : {0.05, 0.0005, 0.6}) {
    PoissonWalk walk(3, 1, kTrains, p);
    std::vector<double> per_train(kTrains, 0.0);
    double total = 0, pairs = 0, repeats = 0;
    std::vector<int> last(kTrains, -10);
    for (int k = 0; k < kSteps; ++k) {
      int in_step = 0;
      std::int64_t before = -1;
      walk.step([&](std::uint32_t train) {
        ASSERT_GT(static_cast<std::int64_t>(train), before);  // ascending, hence at most once
        before = train;
        ASSERT_LT(train, kTrains);
        ++per_train[train];
        ++in_step;
        repeats += last[train] == k - 1;
        last[train] = k;
      });
      total += in_step;
      pairs += in_step * (in_step - 1) / 2.0;
    }
    const double cells = kTrains * static_cast<double>(kSteps);
    EXPECT_NEAR(total, p * cells, 5 * std::sqrt(p * (1 - p) * cells));
    const double expected_pairs = kSteps * p * p * kTrains * (kTrains - 1) / 2.0;
    EXPECT_NEAR(pairs, expected_pairs, 5 * std::sqrt(expected_pairs) + 0.02 * expected_pairs);
    EXPECT_NEAR(repeats, p * p * cells, 5 * std::sqrt(p * p * cells) + 0.01 * p * p * cells);
    for (const double n : per_train) EXPECT_NEAR(n, p * kSteps, 5 * std::sqrt(p * kSteps) + 1);
  }
}

TEST(Poisson, ZeroRateNeverFiresAndARateCanBeSetLater) {
  PoissonWalk walk(3, 2, 100, 0);
  int fired = 0;
  for (int k = 0; k < 1000; ++k) walk.step([&](std::uint32_t) { ++fired; });
  EXPECT_EQ(fired, 0);
  walk.set_probability(0.5);
  for (int k = 0; k < 1000; ++k) walk.step([&](std::uint32_t) { ++fired; });
  EXPECT_NEAR(fired, 50000, 5 * std::sqrt(25000));
}

// The intervals of each train are geometric: their moments and a chi-square test over 20 bins of equal
// probability.
TEST(Poisson, IntervalsOfATrainAreGeometric) {
  constexpr std::uint32_t kTrains = 64;
  constexpr int kSteps = 200000, kBins = 20;
  constexpr double p = 0.02;
  PoissonWalk walk(11, 5, kTrains, p);
  std::vector<int> last(kTrains, -1);
  std::vector<double> bins(kBins, 0.0), expected(kBins, 0.0);
  const auto bin_of = [&](int interval) {
    return std::min(kBins - 1, static_cast<int>(kBins * -std::expm1((interval - 1) * std::log1p(-p))));
  };
  for (int i = 1; i < 2000; ++i) expected[static_cast<std::size_t>(bin_of(i))] += p * std::pow(1 - p, i - 1);
  double n = 0, sum = 0, squares = 0;
  for (int k = 0; k < kSteps; ++k) {
    walk.step([&](std::uint32_t train) {
      if (last[train] >= 0) {
        const int interval = k - last[train];
        ++bins[static_cast<std::size_t>(bin_of(interval))];
        ++n;
        sum += interval;
        squares += static_cast<double>(interval) * interval;
      }
      last[train] = k;
    });
  }
  const double mean = sum / n, sd = std::sqrt(squares / n - mean * mean);
  EXPECT_NEAR(mean, 1 / p, 5 * std::sqrt(1 - p) / p / std::sqrt(n));
  EXPECT_NEAR(sd / mean, std::sqrt(1 - p), 5 / std::sqrt(n));
  double chi_square = 0;
  for (int b = 0; b < kBins; ++b) {
    const auto at = static_cast<std::size_t>(b);
    chi_square += (bins[at] - n * expected[at]) * (bins[at] - n * expected[at]) / (n * expected[at]);
  }
  EXPECT_LT(chi_square, 50);  // 19 degrees of freedom: exceeded with probability 1e-4
}

}  // namespace
}  // namespace apical::spike
