// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/temporal_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "apical/core/error.h"

namespace apical {

std::vector<double> mackey_glass(const MackeyGlass& series, std::size_t count) {
  if (!(series.h > 0) || !(series.tau >= series.h) || series.keep == 0 || !(series.discard >= 0)) {
    throw ConfigError(
        fmt::format("Mackey-Glass series with tau {}, h {}, keep {}, discard {}: expected 0 < h <= tau, "
                    "keep at least 1 and discard at least 0",
                    series.tau, series.h, series.keep, series.discard));
  }
  const auto delay = static_cast<std::size_t>(std::lround(series.tau / series.h));
  const auto first = static_cast<std::size_t>(std::lround(series.discard / series.h));
  std::vector<double> past(delay, series.x0), values;  // a ring: past[n % delay] is x of n - delay steps ago
  values.reserve(count);
  double x = series.x0;
  for (std::size_t n = 0; values.size() < count; ++n) {
    if (n >= first && (n - first) % series.keep == 0) values.push_back(x);
    double& slot = past[n % delay];
    const double delayed = slot;
    const double x2 = delayed * delayed, x4 = x2 * x2, x8 = x4 * x4;
    slot = x;
    x += series.h * (0.2 * delayed / (1 + x8 * x2) - 0.1 * x);
  }
  return values;
}

std::vector<double> sum_of_sines(const SumOfSines& sines, std::size_t steps) {
  if (sines.phase.size() != sines.amplitude.size() || sines.cycles.size() != sines.amplitude.size() ||
      steps < 2) {
    throw ConfigError(
        fmt::format("a sum of {} amplitudes, {} phases and {} cycles over {} steps: expected as many "
                    "of each and at least 2 steps",
                    sines.amplitude.size(), sines.phase.size(), sines.cycles.size(), steps));
  }
  std::vector<double> values(steps, 0.0);
  for (std::size_t t = 0; t < steps; ++t) {
    const double part = static_cast<double>(t) / static_cast<double>(steps - 1);
    for (std::size_t i = 0; i < sines.amplitude.size(); ++i) {
      values[t] +=
          sines.amplitude[i] * std::sin(sines.phase[i] + 2 * std::numbers::pi * sines.cycles[i] * part);
    }
  }
  const double start = values.front();
  double largest = 0;
  for (double& v : values) {
    v -= start;
    largest = std::max(largest, std::abs(v));
  }
  if (largest > 0) {
    for (double& v : values) v /= largest;
  }
  return values;
}

}  // namespace apical
