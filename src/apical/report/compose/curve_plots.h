// SPDX-License-Identifier: Apache-2.0
// What all sections with curves share: which style a run has throughout a page, and what is said of how
// seeds are drawn.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apical/report/compose/report_data.h"
#include "apical/report/html/page.h"
#include "apical/report/plot/svg_plot.h"

namespace apical {

/// Of each run; the reference has none of the colours.
std::vector<std::size_t> styles_of(const ReportData& data);
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
/// Nothing if the plot is empty. The caption goes before how_drawn().
void add_figure(Page& page, const LinePlot& plot, const std::string& title, const std::string& caption = "");

std::string capitalised(std::string text);

}  // namespace apical
