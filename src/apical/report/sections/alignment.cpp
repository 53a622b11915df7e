// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"
#include "apical/report/compose/curve_plots.h"
#include "apical/report/compose/metric_look.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

/// In which something was measured, from the input on.
std::vector<std::string> areas_with(const RunData& run, const std::string& metric) {
  std::vector<std::string> out;
  for (const MeasuredCourse& c : courses_of(run.measured)) {
    if (c.metric == metric) out.push_back(c.where);
  }
  std::sort(out.begin(), out.end(), area_before);
  return out;
}

}  // namespace

namespace {

constexpr const char* kOrthogonal = "90° is orthogonal to the gradient: no credit; 0° is backpropagation.";

LinePlot angles_plot(const std::string& description, const std::string& x_label) {
  return {.description = description,
          .x_label = x_label,
          .y_label = axis_of(metric_of("angle_deg")),
          .possible = metric_of("angle_deg").range(),
          .reference = ReferenceLine{90, "orthogonal", kOrthogonal}};
}

/// All areas together, of all runs of a sweep, or of more than could have a figure each.
void add_swept_alignment(const ReportData& data, Page& page) {
  LinePlot plot = angles_plot("Angle between credit and exact gradient, all areas together, over training",
                              data.runs.front().x_label);
  plot.large = true;
  bool line = false;
  for (std::size_t i = 0; i < data.runs.size(); ++i) {
    std::vector<SeedCurve> seeds = training_curves(data.runs[i], "total", "angle_deg");
    line = line || has_line(seeds);
    if (!seeds.empty()) plot.series.push_back(series_of(data, i, std::move(seeds)));
  }
  plot.y_ticks = angle_ticks(metric_of("angle_deg"), largest_of(plot.series));
  if (line)
    add_figure(page, plot, "Alignment of all areas together over training",
               data.sweep.empty() ? "" : "Colours: what is swept; dashes and markers: models.", "angle_deg");
}

bool any_has_angles(const ReportData& data) {
  return std::any_of(data.runs.begin(), data.runs.end(),
                     [](const RunData& r) { return !areas_with(r, "angle_deg").empty(); });
}

}  // namespace

void alignment(const ReportData& data, Page& page) {
  if (data.runs.empty()) return;
  if (!data.sweep.empty()) {
    page.section("Alignment with the exact gradient");
    add_swept_alignment(data, page);
    page.folded_section("Alignment, run by run");
  } else if (data.grid) {
    page.folded_section("Alignment, run by run");
  } else {
    page.section("Alignment with the exact gradient");
  }
  if (data.is_long()) {
    if (data.sweep.empty()) add_swept_alignment(data, page);
    if (any_has_angles(data))
      page.note(fmt::format("The angles of the areas of each of the {} runs are in its own report.",
                            data.runs.size()));
    return;
  }
  page.grid();
  std::vector<std::string> unmeasured;
  std::vector<std::pair<std::string, LinePlot>> plots;  // by label
  double largest = 0;
  for (const RunData& r : data.runs) {
    const std::vector<std::string> areas = areas_with(r, "angle_deg");
    // Of what says itself what is to be shown nobody asks for it.
    if (areas.empty() && (r.measured.empty() || !r.display.headlines.empty())) continue;
    if (areas.empty()) {
      unmeasured.push_back(r.label);
      continue;
    }
    LinePlot plot = angles_plot(
        fmt::format("Angle between credit and exact gradient of {}, per area, over training", r.label),
        r.x_label);
    std::size_t style = 0;
    for (const std::string& area : areas) {
      const bool total = area == "total";
      plot.series.push_back({.label = area,
                             .style = total ? 0 : style++,
                             .principal = total,
                             .seeds = training_curves(r, area, "angle_deg")});
    }
    largest = std::max(largest, largest_of(plot.series));
    plots.emplace_back(r.label, std::move(plot));
  }
  for (auto& [label, plot] : plots) {
    plot.y_ticks = angle_ticks(metric_of("angle_deg"), largest);  // one axis, since they stand side by side
    add_figure(page, plot, "Alignment of " + label, "", "angle_deg");
  }
  page.end_grid();
  if (!unmeasured.empty())
    page.note(fmt::format("Alignment was not recorded for {}.", join_names(unmeasured)));
}

/// Left out where nothing was measured or nothing but the trivial.
void areas(const ReportData& data, Page& page) {
  if (data.is_long()) return;
  constexpr double kTrivial = 1e-3;  // round-off of an angle of 0 in single precision
  if (!data.is_swept())
    page.section("How units are taught");
  else
    page.folded_section("How units are taught, run by run");
  page.grid();
  for (const RunData& r : data.runs) {
    for (const Metric& m : metrics()) {
      if (m.in != MeasuredIn::area || !m.trivial) continue;
      const std::string title = m.words + ": " + r.label;
      LinePlot plot{.description = title, .x_label = r.x_label, .y_label = axis_of(m), .possible = m.range()};
      bool telling = false;
      for (const std::string& area : areas_with(r, m.name)) {
        plot.series.push_back(
            {.label = area, .style = plot.series.size(), .seeds = training_curves(r, area, m.name)});
        for (const SeedCurve& s : plot.series.back().seeds) {
          for (const double y : s.y) telling = telling || std::abs(y - *m.trivial) > kTrivial;
        }
      }
      plot.y_ticks = angle_ticks(m, largest_of(plot.series));
      if (telling) add_figure(page, plot, title, m.caption, m.name);
    }
  }
  page.end_grid();
}

}  // namespace apical::sections
