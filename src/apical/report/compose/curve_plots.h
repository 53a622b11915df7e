// SPDX-License-Identifier: Apache-2.0
// What all sections with curves share: which style a model has throughout a page, and what is said of how
// seeds are drawn.
#pragma once

#include <string>
#include <vector>

#include "apical/report/compose/report_data.h"
#include "apical/report/html/page.h"
#include "apical/report/plot/svg_plot.h"

namespace apical {

/// Of each model; the reference has none of the colours.
std::vector<std::size_t> styles_of(const ReportData& data);

PlotSeries series_of(const ReportData& data, std::size_t model, std::vector<SeedCurve> seeds);

/// What the lines of a plot are; said once per figure, as each may differ.
std::string how_drawn(const LinePlot& plot);

/// Nothing if the plot is empty. The caption goes before how_drawn().
void add_figure(Page& page, const LinePlot& plot, const std::string& title, const std::string& caption = "");

std::string capitalised(std::string text);

}  // namespace apical
