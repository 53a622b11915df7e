// SPDX-License-Identifier: Apache-2.0
// Plots as inline SVG: mean over seeds with its 95 % interval and every seed behind it. Colours and dashes
// are classes (html/style.h), so one drawing serves light, dark and print; every series also has a dash, a
// marker and a label at its end, so that none depends on colour.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "apical/analysis/curves.h"
#include "apical/report/plot/axis.h"

namespace apical {

struct PlotSeries {
  std::string label;
  std::size_t style = 0;   ///< colour, dash and marker; 35 differ
  bool principal = false;  ///< drawn thick, solid and in the colour of text: the reference, or a total
  /// From 0 to 1: where a value that is swept lies among the others. Then this gives the colour, and `style`
  /// only dash and marker.
  std::optional<double> shade = {};
  std::vector<SeedCurve> seeds = {};
  MeanOf mean_of = MeanOf::all_seeds;
};

/// Over two seeds Student's interval is so wide that a band of it would hide the seeds, both of which are
/// drawn.
inline constexpr std::size_t kFewestOfABand = 3;

/// Of more lines in one figure only means are drawn: bands and seeds of so many would be one grey.
inline constexpr std::size_t kMostWithSeeds = 24;

struct ReferenceLine {
  double y;  ///< not drawn on a logarithmic axis if it is not positive
  std::string label;
  std::string meaning = {};  ///< a sentence for the caption
};

struct LinePlot {
  std::string description = {};            ///< read out instead of the picture
  std::string x_label = {}, y_label = {};  ///< with units
  bool log_y = false;                ///< falls back to linear if a value is not positive; see drawn_log()
  ValueRange possible = {};          ///< what values can be: no band leaves it
  bool percent = false;              ///< values are fractions, shown times 100
  bool log_x = false;                ///< all x must be positive
  std::vector<double> x_ticks = {};  ///< these instead of ticks of our choice
  std::vector<double> y_ticks = {};  ///< these instead of ticks of our choice; they also set the range
  std::optional<ReferenceLine> reference = {};
  std::vector<PlotSeries> series = {};
  bool large = false;  ///< answers the question of the page

  bool drawn_log() const;
  bool has_values() const;
  bool shows_seeds() const { return series.size() <= kMostWithSeeds; }
  std::vector<std::string> diverged() const;  ///< "label, seed 3": those with a value that is not finite
};

/// What a drawing shows of both axes, in the units that are printed (percent times 100).
struct PlotAxes {
  Axis x, y;
};
/// No band leaves it: of what is drawn over decades everything is positive.
ValueRange drawn_range(const LinePlot& plot);
/// The plot must have values.
PlotAxes axes_of(const LinePlot& plot);
/// Each seed's curve with at most `points` of its points: the first, the last and the extremes between.
SeedCurve thinned(const SeedCurve& curve, std::size_t points);

/// An empty string if there is nothing to draw. `width` in pixels of 7/12 of a point, so that texts have
/// 7 points whatever the size; 0: as pages have it.
std::string svg_of(const LinePlot& plot, double width = 0);

struct DotRow {
  std::string label;
  std::size_t style = 0;
  bool principal = false;
  std::vector<SeedValue> seeds = {};
  MeanInterval interval = {};  ///< drawn as a bar with the mean as a diamond; n = 0 for none
  std::string text = {};       ///< the same in figures, at the right
  std::string group = {};      ///< rows of a group have one style and are hidden together
};

/// One row per model, every seed a dot.
struct DotPlot {
  std::string description;
  std::string x_label;
  bool log_x = false;
  bool percent = false;
  ValueRange possible = {};          ///< no axis leaves it
  std::vector<double> x_ticks = {};  ///< these instead of ticks of our choice; they also set the range
  bool zero = false;                 ///< of differences: a line where there is none, which the axis shows
  std::vector<DotRow> rows = {};
};

/// Empty if no seed has a finite value.
std::optional<Axis> axis_of(const DotPlot& plot);
std::string svg_of(const DotPlot& plot, double width = 0);

}  // namespace apical
