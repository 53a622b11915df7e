// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/interval.h"

#include <cmath>
#include <limits>
#include <vector>

#include "apical/analysis/statistics.h"
#include "apical/core/error.h"

namespace apical {

namespace {

/// The interval of a mean that lies `half` to both sides without bounds.
Interval bounded(double mean, double half, const ValueRange& possible) {
  const std::optional<double>& low = possible.low;
  const std::optional<double>& high = possible.high;
  const bool inside = (!low || mean > *low) && (!high || mean < *high);
  if (half == 0 || !inside) return {mean - half, mean + half};
  if (low && high) {
    const double width = *high - *low, share = (mean - *low) / width;
    const double reach = half / width / (share * (1 - share));
    const auto moved = [&](double by) {
      return *low + width * share / (share + (1 - share) * std::exp(-by));
    };
    return {moved(-reach), moved(reach)};
  }
  if (low) {
    const double above = mean - *low, factor = std::exp(half / above);
    return {*low + above / factor, *low + above * factor};
  }
  if (high) {
    const double below = *high - mean, factor = std::exp(half / below);
    return {*high - below * factor, *high - below / factor};
  }
  return {mean - half, mean + half};
}

}  // namespace

MeanInterval mean_interval(std::span<const double> values, const ValueRange& possible) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (values.empty()) return {nan, nan, nan, 0};
  if (values.size() == 1) return {values.front(), nan, nan, 1};
  const Interval plain = student_interval(values);
  const double centre = mean(values);
  const Interval i = bounded(centre, (plain.high - plain.low) / 2, possible);
  return {centre, i.low, i.high, values.size()};
}

MeanInterval geometric_interval(std::span<const double> values) {
  std::vector<double> logs;
  for (double v : values) {
    APICAL_CHECK(v > 0);
    logs.push_back(std::log10(v));
  }
  const MeanInterval i = mean_interval(logs);
  return {std::pow(10, i.mean), std::pow(10, i.low), std::pow(10, i.high), i.n};
}

}  // namespace apical
