// SPDX-License-Identifier: Apache-2.0
// A figure over two keys that vary: a field for each pair of values, coloured and with its figure in it, so
// that nothing depends on colour.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "apical/analysis/interval.h"

namespace apical {

struct HeatCell {
  std::size_t column = 0, row = 0;
  MeanInterval interval{0, 0, 0, 0};  ///< n = 0: nothing is known, the field stays empty
  std::string text = {};              ///< the mean in figures
};

struct HeatPlot {
  std::string description = {};
  std::string x_label = {}, y_label = {}, value_label = {};
  std::vector<double> x = {}, y = {};  ///< of columns and rows, rising; rows go up
  bool percent = false;                ///< values are fractions, shown times 100
  bool log = false;                    ///< colours follow the logarithm, where every mean has one
  std::vector<HeatCell> cells = {};
};

/// From 0 at the least mean to 8 at the largest: the colours "v0" to "v8".
int shade_of(const HeatPlot& plot, const HeatCell& cell);
/// Whether they do: every mean is positive, and they lie further apart than colours would show.
bool shaded_by_decades(const HeatPlot& plot);
/// Least and largest mean, in printed units; both 0 if no field has one.
std::pair<double, double> value_range(const HeatPlot& plot);
/// An empty string if no field has a value. `width` as in svg_plot.h.
std::string svg_of(const HeatPlot& plot, double width = 0);

}  // namespace apical
