// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/area_figures.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "apical/analysis/metrics.h"

namespace apical {
namespace {

void add_point(std::vector<SeedCurve>& curves, const Measurement& m) {
  auto at = std::find_if(curves.begin(), curves.end(), [&](const SeedCurve& c) { return c.seed == m.seed; });
  if (at == curves.end()) at = curves.insert(curves.end(), {m.seed, {}, {}});
  at->x.push_back(m.epoch);
  at->y.push_back(m.value);
}

}  // namespace

std::vector<FigureExtra> area_figures(std::span<const Measurement> measured, const std::string& label) {
  constexpr double kTrivial = 1e-3;  // round-off of an angle of 0 in single precision
  std::vector<FigureExtra> figures;
  for (const Metric& measure : metrics()) {
    if (measure.in != MeasuredIn::area || !measure.trivial) continue;
    std::map<std::string, std::vector<SeedCurve>> areas;
    bool telling = false;
    for (const Measurement& m : measured) {
      if (m.metric != measure.name) continue;
      add_point(areas[m.where], m);
      telling = telling || std::abs(m.value - *measure.trivial) > kTrivial;
    }
    if (!telling) continue;
    FigureExtra f;
    f.title = measure.words + ": " + label;
    f.x_label = "epoch";
    f.y_label = axis_of(measure);
    f.caption = measure.caption;
    for (auto& [area, seeds] : areas) f.series.push_back({area, std::move(seeds)});
    figures.push_back(std::move(f));
  }
  return figures;
}

}  // namespace apical
