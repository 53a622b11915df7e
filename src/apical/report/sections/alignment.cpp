// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"
#include "apical/report/compose/curve_plots.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {

void alignment(const ReportData& data, Page& page) {
  page.section("Alignment with the exact gradient");
  page.grid();
  std::vector<std::string> unmeasured;
  for (const ModelResult& m : data.models) {
    if (m.alignment.empty()) {
      unmeasured.push_back(m.label);
      continue;
    }
    LinePlot plot{
        .description =
            fmt::format("Angle between credit and exact gradient of {}, per area, over training", m.label),
        .x_label = data.x_label,
        .y_label = "angle to the gradient (°)",
        .reference = ReferenceLine{90, "orthogonal",
                                   "90° is orthogonal to the gradient: no credit; 0° is backpropagation."}};
    double largest = 0;
    std::size_t style = 0;
    for (const AlignmentCurves& a : m.alignment) {
      const bool total = a.area == "total";
      plot.series.push_back(
          {.label = a.area, .style = total ? 0 : style, .principal = total, .seeds = a.seeds});
      style += total ? 0 : 1;
      for (const SeedCurve& s : a.seeds) {
        for (double v : s.y) largest = std::isfinite(v) ? std::max(largest, v) : largest;
      }
    }
    plot.y_ticks = largest > 92 ? std::vector<double>{0, 30, 60, 90, 120, 150, 180}
                                : std::vector<double>{0, 15, 30, 45, 60, 75, 90};
    add_figure(page, plot, "Alignment of " + m.label);
  }
  page.end_grid();
  if (!unmeasured.empty())
    page.note(fmt::format("Alignment was not recorded for {}.", join_names(unmeasured)));
}

}  // namespace apical::sections
