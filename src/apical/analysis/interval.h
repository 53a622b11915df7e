// SPDX-License-Identifier: Apache-2.0
// A mean over seeds and its 95 % interval.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace apical {

/// `low` and `high` are NaN with fewer than two values: one seed says nothing about the spread.
struct MeanInterval {
  double mean, low, high;
  std::size_t n;
  bool has_bounds() const { return n > 1; }
};

/// What values can be.
struct ValueRange {
  std::optional<double> low = {}, high = {};
};

/// Of the values as they are. All must be finite; none gives NaN with n = 0. The interval is Student's
/// (1908), mean ± t(0.975, n-1) s / sqrt(n), on a scale on which the ends of `possible` lie infinitely far
/// away, so that it stays within them: with two ends x is mapped to the logit of its share of the way from
/// one to the other (of correlations that is twice Fisher's z), with one end to the logarithm of its
/// distance. The standard error is carried to that scale by the derivative at the mean (delta method), so
/// that single values at an end do no harm, and the mean stays the mean. For small errors this is Student's
/// interval.
MeanInterval mean_interval(std::span<const double> values, const ValueRange& possible = {});

/// Of log10 of the values, taken back: geometric mean, for ratios. All must be positive.
MeanInterval geometric_interval(std::span<const double> values);

}  // namespace apical
