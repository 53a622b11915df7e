// SPDX-License-Identifier: Apache-2.0
// What is measured in each area beside the angle to the gradient, by the name under which metrics.ndjson has
// it and in words.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apical/analysis/measurements.h"

namespace apical {

struct AreaMeasure {
  std::string_view metric;    ///< in metrics.ndjson and summary.json
  std::string_view quantity;  ///< in expectations
  std::string_view words, y_label, caption;
  double
      trivial;  ///< the value of a rule of which it says nothing: backpropagation in a network that is well
};
std::span<const AreaMeasure> area_measures();
/// nullptr if there is none that expectations call so.
const AreaMeasure* find_area_measure(std::string_view quantity);

}  // namespace apical
