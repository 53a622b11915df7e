// SPDX-License-Identifier: Apache-2.0
// Measured values in print: as many digits as their interval supports.
#pragma once

#include <string>

#include "apical/analysis/metrics.h"

namespace apical {

/// A text in two parts that can be read apart, so that a table can break between them and a sentence can
/// quote one.
struct Figures {
  // Spaces inside are no-break spaces.
  std::string value;       ///< "97.63 %", "3.27 × 10⁻⁵", "21.4°", or "–" for no value
  std::string bounds;      ///< "[97.21, 98.05]", "[2.80, 4.20] × 10⁻⁵"; empty with fewer than two seeds
  std::string joint = {};  ///< "3.27 [2.80, 4.20] × 10⁻⁵" where both share a factor
  std::string text() const { return !joint.empty() ? joint : bounds.empty() ? value : value + " " + bounds; }
};

/// The interval times `times`; a unit other than "°" stands apart from its number.
Figures figures_of(const MeanInterval& interval, const Digits& digits, const std::string& unit = "",
                   double times = 1);
std::string figures_text(
    const MeanInterval& interval);          ///< "0.124 [0.101, 0.147]"; the value alone with one seed
std::string duration_text(double seconds);  ///< "0.84 s", "4 min 10 s", "1 h 05 min"

}  // namespace apical
