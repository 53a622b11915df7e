// SPDX-License-Identifier: Apache-2.0
// What runs want to be shown of their measures. Several runs stand side by side where measures have one line
// each, and below each other where they have more.
#include <fmt/format.h>

#include <algorithm>

#include "apical/analysis/metrics.h"
#include "apical/report/compose/curve_plots.h"
#include "apical/report/compose/measure_table.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

/// "label: title" if there are others.
std::string titled(const ReportData& data, const RunData& r, const std::string& title) {
  return data.runs.size() > 1 ? r.label + ": " + title : title;
}

/// A column for each run.
Table side_by_side(const ReportData& data) {
  Table t{.columns = {{"measure"}}};
  std::vector<Display::Headline> all;
  for (const RunData& r : data.runs) {
    t.columns.push_back({r.label, "last test, mean [95\u00A0%]"});
    for (const Display::Headline& h : r.display.headlines) {
      if (std::none_of(all.begin(), all.end(), [&](const auto& o) { return o.metric == h.metric; }))
        all.push_back(h);
    }
  }
  for (const Display::Headline& h : all) {
    std::vector<std::string> row{h.text};
    for (const RunData& r : data.runs)
      row.push_back(measure_text(r.display, h, last_of(r.measured, "test", h.metric)));
    t.add_row(row, Cell::Look::number);
  }
  return t;
}

}  // namespace

void course_table(const ReportData& data, Page& page) {
  page.section("Results");
  if (data.runs.size() != 1) return page.table(side_by_side(data));
  const auto rows = measure_table(data.runs.front().display, data.runs.front().measured);
  Table t;
  for (const std::string& h : rows.front()) t.columns.push_back({h});
  for (std::size_t i = 1; i < rows.size(); ++i) t.add_row(rows[i], Cell::Look::number);
  page.table(t);
}

void course_dots(const ReportData& data, Page& page) {
  page.section("Results");
  for (const RunData& r : data.runs) {
    for (const Display::Dots& d : r.display.dots) {
      DotPlot plot{.description = d.title, .x_label = d.x_label};
      if (!d.rows.empty()) plot.possible = metric_in(r.display, d.rows.front().metric).range();
      bool several = false;
      for (const Display::Dots::Row& row : d.rows) {
        const std::vector<SeedValue> values =
            row.first ? first_of(r.measured, "test", row.metric) : last_of(r.measured, "test", row.metric);
        if (values.empty()) continue;
        several = several || values.size() > 1;
        plot.rows.push_back({.label = row.label,
                             .style = row.first ? std::size_t{5} : std::size_t{0},
                             .seeds = values,
                             .interval = over_seeds(metric_in(r.display, row.metric), values_of(values)),
                             .text = measure_text(r.display, {row.metric, row.label, ""}, values)});
      }
      add_figure(
          page, plot, titled(data, r, d.title),
          d.caption + (several ? " Every seed is a dot; diamond and bar: mean over seeds with its 95 % "
                                 "interval."
                               : " One seed: no interval."));
    }
  }
}

namespace {

/// Of all runs in one plot, if the measure has one line.
bool is_shared(const ReportData& data, const Display::Figure& f) {
  return data.runs.size() > 1 && f.lines.size() == 1;
}

void add_course_figure(const ReportData& data, Page& page, const RunData& r, const Display::Figure& f) {
  LinePlot plot{
      .description = f.title,
      .x_label = f.x_label,
      .y_label = f.y_label,
      .possible = f.lines.empty() ? ValueRange{} : metric_in(r.display, f.lines.front().metric).range()};
  if (f.reference) plot.reference = ReferenceLine{*f.reference, f.reference_label};
  bool line = false;
  const auto add = [&](PlotSeries series) {
    line = line || has_line(series.seeds);
    if (!series.seeds.empty()) plot.series.push_back(std::move(series));
  };
  if (is_shared(data, f)) {
    for (std::size_t i = 0; i < data.runs.size(); ++i)
      add(series_of(data, i, curves_of(data.runs[i].measured, f.where, f.lines.front().metric)));
  } else {
    for (std::size_t i = 0; i < f.lines.size(); ++i)
      add({.label = f.lines[i].label,
           .style = i,
           .seeds = curves_of(r.measured, f.where, f.lines[i].metric)});
  }
  if (line)
    add_figure(page, plot, is_shared(data, f) ? f.title : titled(data, r, f.title), f.caption,
               f.lines.size() == 1 ? f.lines.front().metric : "");
}

void course_figures_of(const ReportData& data, Page& page, bool of_phases) {
  page.grid();
  std::vector<std::string> shared;
  for (const RunData& r : data.runs) {
    for (const Display::Figure& f : r.display.figures) {
      if ((f.where == "phase") != of_phases) continue;
      if (is_shared(data, f)) {
        if (std::find(shared.begin(), shared.end(), f.title) != shared.end()) continue;
        shared.push_back(f.title);
      }
      add_course_figure(data, page, r, f);
    }
  }
  page.end_grid();
}

}  // namespace

void course_figures(const ReportData& data, Page& page) {
  page.section("Over training");
  course_figures_of(data, page, false);
  page.section("Phase by phase");
  course_figures_of(data, page, true);
}

}  // namespace apical::sections
