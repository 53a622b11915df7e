// SPDX-License-Identifier: Apache-2.0
// An axis with ticks at round numbers.
#pragma once

#include <string>
#include <vector>

namespace apical {

struct Tick {
  double value;
  std::string label;
};

struct Axis {
  double low = 0, high = 1;
  bool log = false;
  std::vector<Tick> ticks = {};

  /// 0 at `low`, 1 at `high`, not clipped; NaN for what a logarithmic axis cannot show.
  double at(double value) const;
};

/// Covers [low, high], widened to the ticks around it when `to_ticks`; steps of 1, 2 or 5 times a power of
/// ten, about `wanted` of them. An empty range is widened.
Axis linear_axis(double low, double high, int wanted, bool to_ticks);

/// Covers [low, high], both positive.
Axis log_axis(double low, double high);

/// Given ticks, as for angles.
Axis fixed_axis(const std::vector<double>& ticks);

/// "10⁻⁴"
std::string power_of_ten(int exponent);

}  // namespace apical
