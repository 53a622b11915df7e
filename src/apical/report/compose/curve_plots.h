// SPDX-License-Identifier: Apache-2.0
// What all sections with curves share: which style a run has throughout a page, and what is said of how
// seeds are drawn.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apical/analysis/metrics.h"
#include "apical/report/compose/report_data.h"
#include "apical/report/html/page.h"
#include "apical/report/plot/svg_plot.h"

namespace apical {

/// How a run looks throughout a page. In a sweep the variant gives dash and marker, the value the colour.
struct RunLook {
  std::size_t style = 0;
  bool principal = false;  ///< the reference, which has none of the colours
  std::optional<double> shade = {};
};
std::vector<RunLook> looks_of(const ReportData& data);
PlotSeries series_of(const ReportData& data, std::size_t run, std::vector<SeedCurve> seeds);

/// Over what the run counts in training.
std::vector<SeedCurve> training_curves(const RunData& run, std::string_view where, std::string_view metric);
/// Whether there is anything to draw a line between.
bool has_line(std::span<const SeedCurve> seeds);
/// The curve of a seed in a list that grows as seeds appear.
void add_point(std::vector<SeedCurve>& curves, std::uint64_t seed, double x, double y);

/// "a2" before "a10", "total" last.
bool area_before(const std::string& a, const std::string& b);

/// What the lines of a plot are; said once per figure, as each may differ.
std::string how_drawn(const LinePlot& plot);
/// Nothing if the plot is empty. The caption goes before how_drawn(). `metric`: whose values they are, if of
/// one.
void add_figure(Page& page, const LinePlot& plot, const std::string& title, const std::string& caption = "",
                const std::string& metric = "");
/// The caption says how it is drawn.
void add_figure(Page& page, const DotPlot& plot, const std::string& title, const std::string& caption,
                const std::string& metric = "");

/// Of an axis of angles, none for other metrics: from 0 to 90°, where no credit is; to 180° only if a value
/// is beyond. They leave no room below 0.
std::vector<double> angle_ticks(const Metric& metric, double largest);
double largest_of(std::span<const PlotSeries> series);  ///< of all finite values; 0 if there is none

std::string capitalised(std::string text);

}  // namespace apical
