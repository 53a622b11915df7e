// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/measure_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/report/compose/metric_look.h"

namespace apical {

std::string measure_text(const Display& display, const Display::Headline& headline,
                         const std::vector<SeedValue>& values) {
  if (values.empty()) return "–";
  Metric m = metric_in(display, headline.metric);
  if (m.unit.empty()) m.unit = headline.unit;
  const MeanInterval i = over_seeds(m, values_of(values));
  return i.n == 0 ? "not in every seed" : figures_of(m, i).text();
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
    if (twice) row.push_back(measure_text(display, *h, first_of(measured, "test", h->metric)));
    row.push_back(measure_text(display, *h, last_of(measured, "test", h->metric)));
    row.push_back(fmt::format("{}", curves.size()));
  }
  return rows;
}

}  // namespace apical
