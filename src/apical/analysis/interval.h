// SPDX-License-Identifier: Apache-2.0
// A mean over seeds and its 95 % interval (Student 1908): mean ± t(0.975, n-1) s / sqrt(n).
#pragma once

#include <cstddef>
#include <span>

namespace apical {

/// `low` and `high` are NaN with fewer than two values: one seed says nothing about the spread.
struct MeanInterval {
  double mean, low, high;
  std::size_t n;
  bool has_bounds() const { return n > 1; }
};

/// Of the values as they are. All must be finite; none gives NaN with n = 0.
MeanInterval mean_interval(std::span<const double> values);

/// Of log10 of the values, taken back: geometric mean. All must be positive.
MeanInterval geometric_interval(std::span<const double> values);

}  // namespace apical
