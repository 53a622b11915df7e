// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/area_measures.h"

#include <algorithm>
#include <iterator>

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

}  // namespace

std::span<const AreaMeasure> area_measures() { return kMeasures; }

const AreaMeasure* find_area_measure(std::string_view quantity) {
  const auto at = std::find_if(std::begin(kMeasures), std::end(kMeasures),
                               [&](const AreaMeasure& m) { return m.quantity == quantity; });
  return at == std::end(kMeasures) ? nullptr : &*at;
}

}  // namespace apical
