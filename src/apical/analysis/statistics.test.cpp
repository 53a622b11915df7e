// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "apical/core/error.h"
#include "apical/core/random.h"

namespace apical {
namespace {

const double kInfinity = std::numeric_limits<double>::infinity();
const std::vector<double> kFour{1, 2, 3, 4};

TEST(Statistics, SummariesOfFourNumbers) {
  EXPECT_DOUBLE_EQ(mean(kFour), 2.5);
  EXPECT_DOUBLE_EQ(sample_sd(kFour), std::sqrt(5.0 / 3.0));
  EXPECT_DOUBLE_EQ(median(kFour), 2.5);
  const Quartiles q = quartiles(kFour);
  EXPECT_DOUBLE_EQ(q.lower, 1.75);
  EXPECT_DOUBLE_EQ(q.median, 2.5);
  EXPECT_DOUBLE_EQ(q.upper, 3.25);
  EXPECT_DOUBLE_EQ(quantile(kFour, 1.0), 4.0);
  EXPECT_DOUBLE_EQ(median(std::vector<double>{9, 1, 5}), 5.0);
}

TEST(Statistics, StudentQuantilesAreThoseOfTheTables) {
  for (const auto& [freedom, table] : {std::pair{1.0, 12.706},
                                       {2.0, 4.303},
                                       {4.0, 2.776},
                                       {9.0, 2.262},
                                       {30.0, 2.042},
                                       {120.0, 1.980},
                                       {kInfinity, 1.960}}) {
    EXPECT_NEAR(student_quantile(0.975, freedom), table, 5e-4) << freedom;
    EXPECT_DOUBLE_EQ(student_quantile(0.025, freedom), -student_quantile(0.975, freedom));
  }
}

// One and two degrees of freedom have quantiles in closed form (Cauchy: tan(pi (p - 1/2))).
TEST(Statistics, StudentQuantilesMatchClosedForms) {
  EXPECT_NEAR(student_quantile(0.5, 1), 0.0, 1e-12);
  for (double p : {0.6, 0.9, 0.99, 0.9999}) {
    EXPECT_NEAR(student_quantile(p, 1) / std::tan(std::numbers::pi * (p - 0.5)), 1.0, 1e-11) << p;
    const double q = 2 * p - 1;
    EXPECT_NEAR(student_quantile(p, 2), q * std::sqrt(2 / (1 - q * q)), 1e-11 * (1 + student_quantile(p, 2)))
        << p;
  }
}

TEST(Statistics, ManyDegreesOfFreedomApproachTheNormalLaw) {
  EXPECT_NEAR(student_quantile(0.975, kInfinity), 1.959963984540054, 1e-12);
  // First term of the Cornish-Fisher expansion: (z^3 + z) / (4 n).
  const double z = 1.959963984540054, n = 1e5;
  EXPECT_NEAR(student_quantile(0.975, n), z + (z * z * z + z) / (4 * n), 1e-9);
}

TEST(Statistics, IncompleteBetaMatchesClosedForms) {
  for (double x : {0.0, 0.05, 0.3, 0.5, 0.77, 1.0}) {
    EXPECT_NEAR(incomplete_beta(1, 1, x), x, 1e-15);
    EXPECT_NEAR(incomplete_beta(2.5, 1, x), std::pow(x, 2.5), 1e-14);
    EXPECT_NEAR(incomplete_beta(1, 3.5, x), 1 - std::pow(1 - x, 3.5), 1e-14);
    EXPECT_NEAR(incomplete_beta(0.5, 0.5, x), 2 / std::numbers::pi * std::asin(std::sqrt(x)), 1e-14);
  }
}

TEST(Statistics, StudentIntervalOfFiveSeeds) {
  const std::vector<double> v{1, 2, 3, 4, 5};
  const Interval i = student_interval(v);
  const double half = 2.7764451051977987 * std::sqrt(2.5 / 5);
  EXPECT_NEAR(i.low, 3 - half, 1e-12);
  EXPECT_NEAR(i.high, 3 + half, 1e-12);
}

TEST(Statistics, StudentIntervalCoversTheMeanAsOftenAsItSays) {
  const int repeats = 4000;
  int covered = 0;
  for (int r = 0; r < repeats; ++r) {
    std::vector<double> v(5);
    for (std::size_t i = 0; i < v.size(); ++i) {
      v[i] = normal({11, Stream::task_input, static_cast<std::uint32_t>(r), i});
    }
    const Interval interval = student_interval(v);
    covered += interval.low <= 0 && 0 <= interval.high;
  }
  EXPECT_NEAR(covered / double{repeats}, 0.95, 5 * std::sqrt(0.95 * 0.05 / repeats));
}

// With equal sizes and equal variances Welch's degrees of freedom are 2 (n - 1).
TEST(Statistics, WelchIntervalWithEqualVariancesIsThePooledOne) {
  const std::vector<double> shifted{11, 12, 13, 14};
  const Interval i = welch_interval(shifted, kFour);
  const double half = student_quantile(0.975, 6) * std::sqrt(2 * (5.0 / 3.0) / 4);
  EXPECT_NEAR(i.low, 10 - half, 1e-12);
  EXPECT_NEAR(i.high, 10 + half, 1e-12);
  const std::vector<double> constant(4, 2.0);
  EXPECT_EQ(welch_interval(constant, constant).low, 0.0);
  // One side without variance leaves the other's degrees of freedom.
  EXPECT_NEAR(welch_interval(kFour, constant).high, 0.5 + student_quantile(0.975, 3) * sample_sd(kFour) / 2,
              1e-12);
}

TEST(MedianInterval, IsThatOfTheSignTest) {
  std::vector<double> v;
  for (int n = 1; n <= 5; ++n) {
    v.push_back(n);
    EXPECT_FALSE(median_interval(v)) << n;
  }
  v.push_back(6);  // 2 (1/2)^6 = 3.1 % are outside
  ASSERT_TRUE(median_interval(v));
  EXPECT_EQ(median_interval(v)->low, 1);
  EXPECT_EQ(median_interval(v)->high, 6);
  for (double x : {7.0, 8.0, 9.0, 10.0}) v.push_back(x);  // of ten the second and the ninth, 2.1 %
  EXPECT_EQ(median_interval(v)->low, 2);
  EXPECT_EQ(median_interval(v)->high, 9);
  for (double x = 11; x <= 20; ++x) v.push_back(x);  // of twenty the sixth and the fifteenth, 4.1 %
  EXPECT_EQ(median_interval(v)->low, 6);
  EXPECT_EQ(median_interval(v)->high, 15);
}

TEST(Statistics, BootstrapIntervalOfTheMeanNearsTheNormalOne) {
  std::vector<double> v(200);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = normal({3, Stream::task_input, 0, i});
  const Interval i = bootstrap_interval(v, mean, 1, 4000);
  const double standard_error = sample_sd(v) / std::sqrt(200.0);
  EXPECT_NEAR((i.high - i.low) / (2 * 1.96 * standard_error), 1.0, 0.08);
  EXPECT_NEAR((i.high + i.low) / 2, mean(v), 0.15 * standard_error);
  const Interval again = bootstrap_interval(v, mean, 1, 4000), other = bootstrap_interval(v, mean, 2, 4000);
  EXPECT_EQ(i.low, again.low);
  EXPECT_NE(i.low, other.low);
}

// The bounds are the roots of |p - k/n| = z sqrt(p (1 - p) / n).
TEST(Statistics, WilsonBoundsSolveTheScoreEquation) {
  const double z = student_quantile(0.975, kInfinity);
  for (std::uint64_t correct : {1, 5, 9}) {
    const Interval i = wilson_interval(correct, 10);
    for (double p : {i.low, i.high}) {
      EXPECT_NEAR(std::abs(p - static_cast<double>(correct) / 10), z * std::sqrt(p * (1 - p) / 10), 1e-12);
    }
  }
  EXPECT_EQ(wilson_interval(0, 10).low, 0.0);
  EXPECT_EQ(wilson_interval(10, 10).high, 1.0);
  EXPECT_NEAR(wilson_interval(10, 10).low, 1 / (1 + z * z / 10), 1e-12);
}

TEST(Statistics, RefusesWhatCannotBeSummarised) {
  const std::vector<double> none, one{1}, diverged{1, NAN, 2};
  EXPECT_THROW(mean(none), DataError);
  EXPECT_THROW(sample_sd(one), DataError);
  EXPECT_THROW(student_interval(one), DataError);
  EXPECT_THROW(median(diverged), DataError);
  EXPECT_THROW(welch_interval(kFour, one), DataError);
  EXPECT_THROW(bootstrap_interval(none, mean, 0), DataError);
  EXPECT_THROW(bootstrap_interval(kFour, mean, 0, 0), ConfigError);
  EXPECT_THROW(wilson_interval(3, 2), DataError);
  EXPECT_THROW(student_interval(kFour, 95), ConfigError);
  EXPECT_THROW(quantile(kFour, -0.1), ConfigError);
  EXPECT_THROW(student_quantile(1, 3), ConfigError);
}

}  // namespace
}  // namespace apical
