// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/area_figures.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "apical/analysis/area_measures.h"

namespace apical {
namespace {

void add_point(std::vector<SeedCurve>& curves, const Measurement& m) {
  auto at =
      std::find_if(curves.begin(), curves.end(), [&](const SeedCurve& c) { return c.seed == m.key.seed; });
  if (at == curves.end()) at = curves.insert(curves.end(), {m.key.seed, {}, {}});
  at->x.push_back(m.key.epoch);
  at->y.push_back(m.value);
}

}  // namespace

std::vector<FigureExtra> area_figures(std::span<const Measurement> measured, const std::string& label) {
  constexpr double kTrivial = 1e-3;  // round-off of an angle of 0 in single precision
  std::vector<FigureExtra> figures;
  for (const AreaMeasure& measure : area_measures()) {
    std::map<std::string, std::vector<SeedCurve>> areas;
    bool telling = false;
    for (const Measurement& m : measured) {
      if (m.key.metric != measure.metric) continue;
      add_point(areas[m.key.where], m);
      telling = telling || std::abs(m.value - measure.trivial) > kTrivial;
    }
    if (!telling) continue;
    FigureExtra f;
    f.title = std::string(measure.words) + ": " + label;
    f.x_label = "epoch";
    f.y_label = measure.y_label;
    f.caption = measure.caption;
    for (auto& [area, seeds] : areas) f.series.push_back({area, std::move(seeds)});
    figures.push_back(std::move(f));
  }
  return figures;
}

}  // namespace apical
