// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "apical/report/compose/curve_plots.h"
#include "apical/report/compose/metric_look.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

const RunData* run_at(const ReportData& data, const SweptRun& place) {
  const auto run = std::find_if(data.runs.begin(), data.runs.end(),
                                [&](const RunData& r) { return r.label == place.label; });
  return run == data.runs.end() ? nullptr : &*run;
}

/// One line for each variant, over what was swept.
template <class ValuesOf>
void add_final_figure(const ReportData& data, Page& page, const std::string& title, LinePlot plot,
                      ValuesOf&& values_of) {
  plot.description = title;
  bool any = false;
  for (const SweptRun& place : data.sweep) {
    const RunData* const run = run_at(data, place);
    if (run == nullptr) continue;
    plot.x_label = place.axis;
    plot.log_x = place.logarithmic;
    if (std::find(plot.x_ticks.begin(), plot.x_ticks.end(), place.at) == plot.x_ticks.end())
      plot.x_ticks.push_back(place.at);
    const std::string name = place.series.empty() ? run->model : place.series;
    auto series = std::find_if(plot.series.begin(), plot.series.end(),
                               [&](const PlotSeries& s) { return s.label == name; });
    if (series == plot.series.end())
      series = plot.series.insert(plot.series.end(), {.label = name, .style = plot.series.size()});
    for (const SeedValue& v : values_of(*run)) {
      add_point(series->seeds, v.seed, place.at, v.value);
      any = true;
    }
  }
  if (any) add_figure(page, plot, title);
}

}  // namespace

void sweep(const ReportData& data, Page& page) {
  page.section("Along the sweep");
  page.grid();
  for (const std::vector<Metric>& some : {answers_of(data), area_headlines_of(data)}) {
    for (const Metric& m : some) {
      const std::string place = headline_place(m);
      add_final_figure(data, page, capitalised(words_at(m, place)) + " along the sweep",
                       {.y_label = axis_at(m, place),
                        .log_y = m.spans_decades,
                        .possible = metric_in(data.runs.front().display, m.name).range(),
                        .percent = m.in_percent()},
                       [&](const RunData& r) { return last_values_of(r, m); });
    }
  }
  // What runs want to be shown of them, where it is not among the figures by which models are compared.
  std::set<std::string> shown;
  for (const Metric& m : answers_of(data)) shown.insert(m.name);
  for (const RunData& r : data.runs) {
    for (const Display::Headline& h : r.display.headlines) {
      if (!shown.insert(h.metric).second) continue;
      add_final_figure(data, page, capitalised(h.text) + " along the sweep",
                       {.y_label = h.text + (h.unit.empty() ? "" : " (" + h.unit + ")"),
                        .possible = metric_in(r.display, h.metric).range()},
                       [&](const RunData& run) { return last_of(run.measured, "test", h.metric); });
    }
  }
  page.end_grid();
}

}  // namespace apical::sections
