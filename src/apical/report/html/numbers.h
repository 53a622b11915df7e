// SPDX-License-Identifier: Apache-2.0
// Measured values in print: as many digits as their interval supports.
#pragma once

#include <string>

#include "apical/analysis/interval.h"

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

Figures percent_figures(const MeanInterval& fractions);  ///< of fractions 0 … 1; bounds are cut there
Figures points_figures(const MeanInterval& fractions);   ///< differences of fractions, in percentage points,
                                                         ///< unsigned wording left to the caller
Figures loss_figures(const MeanInterval& losses);
Figures count_figures(const MeanInterval& counts);
Figures angle_figures(const MeanInterval& degrees);
Figures plain_figures(const MeanInterval& interval);  ///< three significant digits: "0.124", "[0.1, 0.147]"
std::string figures_text(
    const MeanInterval& interval);          ///< "0.124 [0.101, 0.147]"; the value alone with one seed
std::string duration_text(double seconds);  ///< "0.84 s", "4 min 10 s", "1 h 05 min"

}  // namespace apical
