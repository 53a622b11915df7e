// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/interval.h"

#include <cmath>
#include <limits>
#include <vector>

#include "apical/analysis/statistics.h"
#include "apical/core/error.h"

namespace apical {

MeanInterval mean_interval(std::span<const double> values) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (values.empty()) return {nan, nan, nan, 0};
  if (values.size() == 1) return {values.front(), nan, nan, 1};
  const Interval i = student_interval(values);
  return {mean(values), i.low, i.high, values.size()};
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
