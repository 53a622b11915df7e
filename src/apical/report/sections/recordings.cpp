// SPDX-License-Identifier: Apache-2.0
// Variables that a run was asked to record. Of several runs each has a page of its own with these.
#include <fmt/format.h>

#include "apical/report/compose/curve_plots.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

LinePlot traces_plot(const RecordedTrace& t) {
  LinePlot plot{.description = fmt::format("Recorded: {}", t.name),
                .x_label = t.x_label,
                .y_label = t.name + (t.unit == "1" || t.unit.empty() ? "" : " (" + t.unit + ")"),
                .large = true};
  for (std::size_t u = 0; u < t.units.size(); ++u)
    plot.series.push_back(
        {.label = fmt::format("{}", u), .style = u, .seeds = {{.seed = t.seed, .x = t.x, .y = t.units[u]}}});
  if (t.width > t.units.size())
    plot.series.push_back({.label = fmt::format("mean of {}", t.width),
                           .principal = true,
                           .seeds = {{.seed = t.seed, .x = t.x, .y = t.mean}}});
  return plot;
}

std::string caption_of(const RecordedTrace& t) {
  std::string text =
      fmt::format("Seed {}, {} of {}.", t.seed,
                  t.width > t.units.size() ? fmt::format("the first {}", t.units.size()) : "all", t.width);
  if (t.every > 1) text += fmt::format(" One of {} rows is drawn.", t.every);
  return text + " All is in results.h5.";
}

}  // namespace

void recordings(const ReportData& data, Page& page) {
  if (data.runs.size() != 1) return;
  page.section("Recorded");
  for (const RecordedTrace& t : data.runs.front().recordings) {
    const LinePlot plot = traces_plot(t);
    if (plot.has_values()) page.figure({"Recorded: " + t.name, caption_of(t), plot, t.name});
  }
}

}  // namespace apical::sections
