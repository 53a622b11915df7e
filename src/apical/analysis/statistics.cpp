// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "apical/core/error.h"
#include "apical/core/random.h"

namespace apical {
namespace {

void check_values(std::span<const double> values, std::size_t at_least) {
  if (values.size() < at_least) {
    throw DataError(
        fmt::format("{} value(s) given; this statistic needs at least {}", values.size(), at_least));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      throw DataError(
          fmt::format("value {} of {} is {}: a summary would mean nothing", i + 1, values.size(), values[i]));
    }
  }
}

void check_confidence(double confidence) {
  if (!(confidence > 0 && confidence < 1)) {
    throw ConfigError(
        fmt::format("confidence is {}; expected a number between 0 and 1 such as 0.95", confidence));
  }
}

double quantile_of_sorted(const std::vector<double>& sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// P(|T| > t) for t >= 0.
double two_sided_tail(double t, double degrees_of_freedom) {
  if (std::isinf(degrees_of_freedom)) return std::erfc(t / std::numbers::sqrt2);
  const double ratio = degrees_of_freedom / (degrees_of_freedom + t * t);
  return incomplete_beta(degrees_of_freedom / 2, 0.5, ratio);
}

}  // namespace

double mean(std::span<const double> values) {
  check_values(values, 1);
  double sum = 0;
  for (double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double sample_sd(std::span<const double> values) {
  check_values(values, 2);
  const double centre = mean(values);
  double sum = 0;
  for (double value : values) sum += (value - centre) * (value - centre);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double quantile(std::span<const double> values, double p) {
  check_values(values, 1);
  if (!(p >= 0 && p <= 1)) throw ConfigError(fmt::format("quantile {} is not between 0 and 1", p));
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return quantile_of_sorted(sorted, p);
}

double median(std::span<const double> values) { return quantile(values, 0.5); }

Quartiles quartiles(std::span<const double> values) {
  return {quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)};
}

Interval student_interval(std::span<const double> values, double confidence) {
  check_confidence(confidence);
  const double n = static_cast<double>(values.size());
  const double half = sample_sd(values) / std::sqrt(n) * student_quantile(0.5 + confidence / 2, n - 1);
  const double centre = mean(values);
  return {centre - half, centre + half};
}

Interval welch_interval(std::span<const double> a, std::span<const double> b, double confidence) {
  check_confidence(confidence);
  const auto error_of = [](std::span<const double> v) {
    const double sd = sample_sd(v);
    return sd * sd / static_cast<double>(v.size());
  };
  const double error_a = error_of(a), error_b = error_of(b), error = error_a + error_b;
  const double difference = mean(a) - mean(b);
  if (error == 0) return {difference, difference};
  const double freedom = error * error /
                         (error_a * error_a / static_cast<double>(a.size() - 1) +
                          error_b * error_b / static_cast<double>(b.size() - 1));
  const double half = std::sqrt(error) * student_quantile(0.5 + confidence / 2, freedom);
  return {difference - half, difference + half};
}

std::optional<Interval> median_interval(std::span<const double> values) {
  constexpr double kLeftOut = 0.05;
  const std::size_t n = values.size();
  // P(fewer than k of n values lie below the median), k = 1, 2, …
  double term = std::pow(0.5, static_cast<double>(n)), below = term;
  std::size_t k = 0;
  while (2 * below <= kLeftOut && 2 * (k + 1) <= n) {
    ++k;
    term *= static_cast<double>(n - k + 1) / static_cast<double>(k);
    below += term;
  }
  if (k == 0) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return Interval{sorted[k - 1], sorted[n - k]};
}

Interval bootstrap_interval(std::span<const double> values, const Statistic& statistic, std::uint64_t seed,
                            std::size_t resamples, double confidence) {
  check_values(values, 1);
  check_confidence(confidence);
  if (resamples < 1) throw ConfigError("a bootstrap interval needs at least one resample; 10000 is usual");
  const std::size_t n = values.size();
  std::vector<double> resample(n), results(resamples);
  for (std::size_t k = 0; k < resamples; ++k) {
    for (std::size_t i = 0; i < n; ++i) {
      resample[i] = values[uniform_integer({seed, Stream::bootstrap, 0, k * n + i}, n)];
    }
    results[k] = statistic(resample);
  }
  check_values(results, 1);
  std::sort(results.begin(), results.end());
  return {quantile_of_sorted(results, 0.5 - confidence / 2),
          quantile_of_sorted(results, 0.5 + confidence / 2)};
}

Interval wilson_interval(std::uint64_t correct, std::uint64_t trials, double confidence) {
  check_confidence(confidence);
  if (trials == 0 || correct > trials) {
    throw DataError(fmt::format("{} correct of {} trials is no proportion", correct, trials));
  }
  const double n = static_cast<double>(trials), p = static_cast<double>(correct) / n;
  const double z = student_quantile(0.5 + confidence / 2, std::numeric_limits<double>::infinity());
  const double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  // At 0 and n correct the bound is 0 or 1 exactly; rounding must not put it outside.
  return {correct == 0 ? 0.0 : centre - half, correct == trials ? 1.0 : centre + half};
}

double incomplete_beta(double a, double b, double x) {
  APICAL_CHECK(a > 0 && b > 0 && x >= 0 && x <= 1);
  if (x == 0 || x == 1) return x;
  // The fraction converges fast left of the mode only; right of it use I_x(a, b) = 1 - I_{1-x}(b, a).
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, 1 - x);
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  // Evaluated forwards (Lentz 1976, with the safeguard of Thompson & Barnett 1986 against zero
  // denominators).
  constexpr double kTiny = 1e-300;
  const auto away_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m < 100000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    fraction *= c * d;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    const double change = c * d;
    fraction *= change;
    if (std::abs(change - 1) < 1e-15) break;
  }
  return front * fraction / a;
}

double student_quantile(double p, double degrees_of_freedom) {
  if (!(p > 0 && p < 1) || !(degrees_of_freedom > 0)) {
    throw ConfigError(
        fmt::format("there is no t quantile at p = {} with {} degrees of freedom", p, degrees_of_freedom));
  }
  if (p < 0.5) return -student_quantile(1 - p, degrees_of_freedom);
  // The tail falls with t: bracket by doubling, then halve until neighbouring doubles are reached.
  const double tail = 2 * (1 - p);
  double low = 0, high = 1;
  while (two_sided_tail(high, degrees_of_freedom) > tail && high < 1e300) {
    low = high;
    high *= 2;
  }
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    (two_sided_tail(middle, degrees_of_freedom) > tail ? low : high) = middle;
  }
}

double student_tail(double t, double degrees_of_freedom) {
  if (std::isnan(t) || !(degrees_of_freedom > 0)) {
    throw ConfigError(
        fmt::format("there is no tail of t = {} with {} degrees of freedom", t, degrees_of_freedom));
  }
  const double half = two_sided_tail(std::abs(t), degrees_of_freedom) / 2;
  return t < 0 ? 1 - half : half;
}

std::vector<double> benjamini_hochberg(std::span<const double> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return p_values[a] < p_values[b]; });
  std::vector<double> q(p_values.size());
  double least = 1;
  for (std::size_t k = order.size(); k-- > 0;) {
    least =
        std::min(least, p_values[order[k]] * static_cast<double>(order.size()) / static_cast<double>(k + 1));
    q[order[k]] = least;
  }
  return q;
}

}  // namespace apical
