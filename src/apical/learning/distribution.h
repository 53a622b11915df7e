// SPDX-License-Identifier: Apache-2.0
// What cross-entropies compare: probabilities, and distributions over the outputs.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace apical {

inline bool are_probabilities(std::span<const double> y) {
  return std::all_of(y.begin(), y.end(), [](double v) { return v >= 0 && v <= 1; });
}

inline bool is_distribution(std::span<const double> y) {
  return are_probabilities(y) && std::abs(std::accumulate(y.begin(), y.end(), 0.0) - 1) < 1e-6;
}

}  // namespace apical
