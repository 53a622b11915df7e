// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

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
                      const Metric& metric, ValuesOf&& values_of) {
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
      series = plot.series.insert(
          plot.series.end(), {.label = name, .style = plot.series.size(), .mean_of = MeanOf::seeds_here});
    for (const SeedValue& v : values_of(*run)) {
      add_point(series->seeds, v.seed, place.at, v.value);
      any = true;
    }
  }
  constexpr std::size_t kMostTicks = 12;  // of more values, round numbers say more
  if (plot.x_ticks.size() > kMostTicks) plot.x_ticks.clear();
  plot.y_ticks = angle_ticks(metric, largest_of(plot.series));
  plot.large = true;
  if (any) add_figure(page, plot, title, metric.caption, metric.name);
}

/// A sentence, and what it says of each line where there are several.
struct SweepWords {
  std::string all;
  std::vector<std::string> each;
};

/// "Test accuracy over width, mean [..]: error neurons goes from 92.1 % [..] at 10 to 97.6 % [..] at 100,
/// highest 98 %
/// [..] at 50."
SweepWords sweep_words(const ReportData& data) {
  SweepWords out;
  const std::vector<Metric> answers = answers_of(data);
  if (answers.empty()) return out;
  const Metric& m = answers.front();
  std::vector<std::string> series;
  for (const SweptRun& s : data.sweep) {
    if (std::find(series.begin(), series.end(), s.series) == series.end()) series.push_back(s.series);
  }
  std::vector<std::string> parts;
  std::string axis;
  for (const std::string& name : series) {
    const SweptRun *first = nullptr, *last = nullptr, *best = nullptr;
    const auto mean_at = [&](const SweptRun& s) { return interval_of(*run_at(data, s), m).mean; };
    for (const SweptRun& s : data.sweep) {
      const RunData* const run = s.series == name ? run_at(data, s) : nullptr;
      if (run == nullptr || interval_of(*run, m).n == 0) continue;
      if (first == nullptr || s.at < first->at) first = &s;
      if (last == nullptr || s.at > last->at) last = &s;
      const bool better = best == nullptr || (m.better == Better::higher ? mean_at(s) > mean_at(*best)
                                                                         : mean_at(s) < mean_at(*best));
      if (better) best = &s;
    }
    if (first == nullptr || first == last) continue;
    axis = first->axis;
    parts.push_back(fmt::format("{}from {} at {} to {} at {}", name.empty() ? "" : name + " goes ",
                                figures_of(m, interval_of(*run_at(data, *first), m)).text(), first->at,
                                figures_of(m, interval_of(*run_at(data, *last), m)).text(), last->at));
    if (best != first && best != last)
      parts.back() += fmt::format(", {} {} at {}", m.better == Better::higher ? "highest" : "lowest",
                                  figures_of(m, interval_of(*run_at(data, *best), m)).text(), best->at);
  }
  if (parts.empty()) return out;
  out.all = fmt::format("{} over {}{}:", capitalised(words_at(m, headline_place(m))), axis,
                        m.over_seeds == OverSeeds::mean ? ", mean [95\u00A0% interval]" : "");
  if (parts.size() == 1)
    out.all += " " + parts.front() + ".";
  else
    out.each = std::move(parts);
  return out;
}

/// A field for each pair of values, coloured by the mean over seeds.
void add_heat(const ReportData& data, Page& page, const Metric& m) {
  const RunGrid& grid = *data.grid;
  const std::string place = headline_place(m), title = capitalised(words_at(m, place)) + " over both keys";
  HeatPlot plot{
      .description = title, .x_label = grid.x_axis, .y_label = grid.y_axis, .value_label = axis_at(m, place)};
  plot.percent = m.in_percent();
  plot.log = m.spans_decades;
  std::set<double> columns, rows;
  for (const RunGrid::Place& p : grid.places) {
    columns.insert(p.x);
    rows.insert(p.y);
  }
  plot.x.assign(columns.begin(), columns.end());
  plot.y.assign(rows.begin(), rows.end());
  bool any = false;
  for (const RunGrid::Place& p : grid.places) {
    const auto run = std::find_if(data.runs.begin(), data.runs.end(),
                                  [&](const RunData& r) { return r.label == p.label; });
    if (run == data.runs.end()) continue;
    HeatCell cell;
    cell.column = static_cast<std::size_t>(std::distance(columns.begin(), columns.find(p.x)));
    cell.row = static_cast<std::size_t>(std::distance(rows.begin(), rows.find(p.y)));
    cell.interval = interval_of(*run, m);
    if (cell.interval.n > 0) cell.text = fmt::format("{:.3g}", cell.interval.mean * (plot.percent ? 100 : 1));
    any = any || cell.interval.n > 0;
    plot.cells.push_back(std::move(cell));
  }
  if (any)
    page.figure(
        {title,
         fmt::format("{}, mean over seeds; a field for each pair of values. Lighter and yellower: more.",
                     capitalised(axis_at(m, place))),
         plot, m.name});
}

}  // namespace

void grid(const ReportData& data, Page& page) {
  if (!data.grid) return;
  page.section("Over both keys");
  for (const std::vector<Metric>& some : {answers_of(data), area_headlines_of(data)}) {
    for (const Metric& m : some) add_heat(data, page, m);
  }
}

void sweep(const ReportData& data, Page& page) {
  if (data.sweep.empty()) return;
  page.section("Along the sweep");
  const SweepWords words = sweep_words(data);
  if (!words.all.empty()) page.paragraph(words.all);
  page.list(words.each);
  for (const std::vector<Metric>& some : {answers_of(data), area_headlines_of(data)}) {
    for (const Metric& m : some) {
      const std::string place = headline_place(m);
      add_final_figure(data, page, capitalised(words_at(m, place)) + " along the sweep",
                       {.y_label = axis_at(m, place),
                        .log_y = m.spans_decades,
                        .possible = metric_in(data.runs.front().display, m.name).range(),
                        .percent = m.in_percent()},
                       m, [&](const RunData& r) { return last_values_of(r, m); });
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
                       metric_in(r.display, h.metric),
                       [&](const RunData& run) { return last_of(run.measured, "test", h.metric); });
    }
  }
}

}  // namespace apical::sections
