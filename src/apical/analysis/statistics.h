// SPDX-License-Identifier: Apache-2.0
// Summaries over seeds and how sure they are. All functions refuse empty input and values that are not
// finite (DataError): an average over a diverged seed means nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace apical {

using Statistic = std::function<double(std::span<const double>)>;

double mean(std::span<const double> values);
/// Standard deviation with n - 1 in the denominator; needs two values.
double sample_sd(std::span<const double> values);
/// The p-quantile by linear interpolation between order statistics (Hyndman & Fan 1996, type 7).
double quantile(std::span<const double> values, double p);
double median(std::span<const double> values);
struct Quartiles {
  double lower = 0, median = 0, upper = 0;
};
Quartiles quartiles(std::span<const double> values);

struct Interval {
  double low = 0, high = 0;
};

/// Mean over seeds, mean -+ t(1 - alpha/2, n - 1) sd / sqrt(n); needs two values.
Interval student_interval(std::span<const double> values, double confidence = 0.95);

/// mean(a) - mean(b) of independent seeds with unequal variances (Welch 1947, degrees of freedom after
/// Satterthwaite 1946); needs two values on each side.
Interval welch_interval(std::span<const double> a, std::span<const double> b, double confidence = 0.95);

/// Of a median, whatever the values are distributed like: from the k-th smallest to the k-th largest value,
/// with the largest k for which that holds the median in 95 % of samples (sign test; Conover 1999, ch. 3.2).
/// Nothing for fewer than six values, of which even all do not.
std::optional<Interval> median_interval(std::span<const double> values);

/// Percentile bootstrap (Efron & Tibshirani 1993, ch. 13) of any statistic. Draw i of resample k has the
/// address (seed, Stream::bootstrap, 0, k n + i).
Interval bootstrap_interval(std::span<const double> values, const Statistic& statistic, std::uint64_t seed,
                            std::size_t resamples = 10000, double confidence = 0.95);

/// Score interval of a proportion, e.g. an accuracy of `correct` in `trials` (Wilson 1927); stays within
/// [0, 1].
Interval wilson_interval(std::uint64_t correct, std::uint64_t trials, double confidence = 0.95);

/// I_x(a, b) for a, b > 0 and x in [0, 1], by its continued fraction (DLMF 8.17.22).
double incomplete_beta(double a, double b, double x);
/// t with P(T <= t) = p for p in (0, 1); infinite degrees of freedom give the normal quantile.
double student_quantile(double p, double degrees_of_freedom);
/// P(T > t) for any t; infinite degrees of freedom give the normal tail.
double student_tail(double t, double degrees_of_freedom);

/// The smallest rate of false discoveries at which each would be one (Benjamini & Hochberg 1995), in the
/// order given.
std::vector<double> benjamini_hochberg(std::span<const double> p_values);

}  // namespace apical
