// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/curve_course.h"

#include <fmt/format.h>

#include <algorithm>

namespace apical {

std::string measure_of(const std::string& label) {
  std::string out;
  for (const char c : label) {
    if (c == ' ' || c == '=') {
      if (!out.empty() && out.back() != '_') out += '_';
    } else if (c != '(' && c != ')') {
      out += c;
    }
  }
  return out;
}

std::vector<MeasureRow> CurveCourse::run_round(std::size_t) {
  curves_ = protocol_.run(seed_);
  MeasureRow row{0, "test", {}};
  for (const course::WeightChangeCurve& c : curves_) {
    const std::string name = measure_of(c.label);
    for (std::size_t i = 0; i < c.x.size(); ++i)
      row.values.emplace_back(fmt::format("delta_w_{}_at_{:.4g}", name, c.x[i]), c.delta_w[i]);
    row.values.emplace_back("crossing_" + name, c.crossing());
    const auto deepest = std::min_element(c.delta_w.begin(), c.delta_w.end());
    if (deepest == c.delta_w.end()) continue;
    row.values.emplace_back("deepest_" + name, *deepest);
    row.values.emplace_back("deepest_at_" + name, c.x[static_cast<std::size_t>(deepest - c.delta_w.begin())]);
    row.values.emplace_back("span_" + name, c.delta_w.back() - c.delta_w.front());
  }
  return {row};
}

}  // namespace apical
