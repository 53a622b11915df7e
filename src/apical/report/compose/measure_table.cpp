// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/measure_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/report/html/numbers.h"

namespace apical {

std::string measure_text(const std::vector<SeedValue>& values, const std::string& unit) {
  if (values.empty()) return "–";
  const std::vector<double> finite = finite_values(values);
  if (finite.size() != values.size()) return "not in every seed";
  return figures_text(mean_interval(finite)) + (unit.empty() ? "" : " " + unit);
}

std::vector<std::vector<std::string>> measure_table(const Display& display,
                                                    std::span<const Measurement> measured) {
  struct Row {
    const Display::Headline* headline;
    std::vector<SeedCurve> curves;
  };
  std::vector<Row> found;
  bool twice = false, several = false;
  for (const Display::Headline& h : display.headlines) {
    std::vector<SeedCurve> curves = curves_of(measured, "test", h.metric);
    if (curves.empty()) continue;
    several = several || curves.size() > 1;
    for (const SeedCurve& c : curves) twice = twice || c.x.size() > 1;
    found.push_back({&h, std::move(curves)});
  }
  const std::string interval = several ? " [95 %]" : "";
  std::vector<std::vector<std::string>> rows{{"measure"}};
  if (twice) rows[0].push_back("untrained" + interval);
  rows[0].push_back((twice ? "trained" : "mean") + interval);
  rows[0].emplace_back("seeds");
  for (const auto& [h, curves] : found) {
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(h->text);
    if (twice) row.push_back(measure_text(first_of(measured, "test", h->metric), h->unit));
    row.push_back(measure_text(last_of(measured, "test", h->metric), h->unit));
    row.push_back(fmt::format("{}", curves.size()));
  }
  return rows;
}

}  // namespace apical
