// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/curves.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace apical {

std::vector<std::vector<MeanPoint>> mean_over_seeds(std::span<const SeedCurve> seeds,
                                                    const ValueRange& possible, MeanOf of) {
  std::map<double, std::vector<double>> at;
  for (const SeedCurve& s : seeds) {
    for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) at[s.x[i]].push_back(s.y[i]);
  }
  std::vector<std::vector<MeanPoint>> pieces;
  bool open = false;
  for (const auto& [x, values] : at) {
    const auto is_finite = [](double v) { return std::isfinite(v); };
    if (!std::all_of(values.begin(), values.end(), is_finite)) {
      open = false;
      continue;
    }
    if (of == MeanOf::all_seeds && values.size() != seeds.size())
      continue;  // a seed was not evaluated here, or had stopped early
    if (!open) pieces.emplace_back();
    open = true;
    pieces.back().push_back({x, mean_interval(values, possible)});
  }
  return pieces;
}

std::vector<SeedValue> last_values(std::span<const SeedCurve> seeds) {
  std::vector<SeedValue> last;
  for (const SeedCurve& s : seeds) {
    last.push_back({s.seed, s.y.empty() ? std::numeric_limits<double>::quiet_NaN() : s.y.back()});
  }
  return last;
}

std::vector<double> finite_values(std::span<const SeedValue> values) {
  std::vector<double> finite;
  for (const SeedValue& v : values) {
    if (std::isfinite(v.value)) finite.push_back(v.value);
  }
  return finite;
}

}  // namespace apical
