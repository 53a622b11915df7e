// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/curve_plots.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

void show(Page& page, const char* title, const std::vector<FigureExtra>& all) {
  page.section(title);
  page.grid();
  for (const FigureExtra& e : all) {
    LinePlot plot{.description = e.title,
                  .x_label = e.x_label,
                  .y_label = e.y_label,
                  .log_y = e.log_y,
                  .percent = e.percent,
                  .log_x = e.log_x,
                  .x_ticks = e.x_ticks};
    for (std::size_t i = 0; i < e.series.size(); ++i)
      plot.series.push_back({.label = e.series[i].label, .style = i, .seeds = e.series[i].seeds});
    add_figure(page, plot, e.title, e.caption);
  }
  page.end_grid();
}

}  // namespace

void sweep(const ReportData& data, Page& page) { show(page, "Along the sweep", data.sweep); }
void areas(const ReportData& data, Page& page) { show(page, "How units are taught", data.areas); }
void further(const ReportData& data, Page& page) { show(page, "Further measurements", data.extras); }

}  // namespace apical::sections
