// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/area_measures.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace apical {
namespace {

constexpr AreaMeasure kMeasures[] = {
    {"signal_correlation", "signal_correlation", "Correlation of the teaching signal with backpropagation's",
     "correlation",
     "Pearson's, over units and samples, between what tells a unit to be more or less active and what that "
     "would be if credit were the "
     "exact gradient.",
     1},
    {"feedback_angle_deg", "feedback_angle", "Angle between feedback and forward weights", "angle (°)",
     "Of the weights that teach the area to the forward weights beside them.", 0},
    {"linear_fraction", "linear_fraction", "Dendrites in their linear range", "fraction of units and samples",
     "Dendrites at least 90 % as steep as where they are steepest.", 1},
    {"constant_fraction", "constant_fraction", "Units that say the same to every sample", "fraction of units",
     "Units whose activity varies over samples by a standard deviation below 1 % of the largest activity of "
     "the layer.",
     0},
};

void add_point(std::vector<SeedCurve>& curves, const Measurement& m) {
  auto at =
      std::find_if(curves.begin(), curves.end(), [&](const SeedCurve& c) { return c.seed == m.key.seed; });
  if (at == curves.end()) at = curves.insert(curves.end(), {m.key.seed, {}, {}});
  at->x.push_back(m.key.epoch);
  at->y.push_back(m.value);
}

}  // namespace

std::span<const AreaMeasure> area_measures() { return kMeasures; }

const AreaMeasure* find_area_measure(std::string_view quantity) {
  const auto at = std::find_if(std::begin(kMeasures), std::end(kMeasures),
                               [&](const AreaMeasure& m) { return m.quantity == quantity; });
  return at == std::end(kMeasures) ? nullptr : &*at;
}

std::vector<FigureExtra> area_figures(std::span<const Measurement> measured, const std::string& label) {
  constexpr double kTrivial = 1e-3;  // round-off of an angle of 0 in single precision
  std::vector<FigureExtra> figures;
  for (const AreaMeasure& measure : kMeasures) {
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
