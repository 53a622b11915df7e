// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "apical/report/compose/curve_plots.h"
#include "apical/report/compose/metric_look.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

std::string with_value(const std::string& text, double value) {
  return filled_in(text, "value", fmt::format("{:g}", value));
}

/// What a teacher did in a split: the same for everybody, from the same starts; nothing where they differ
/// after all.
std::optional<ReferenceLine> teachers_line(const ReportData& data, const MeasuredCourse& c,
                                           const std::string& teacher) {
  std::set<double> values;
  for (const RunData& r : data.runs) {
    for (const SeedCurve& s : curves_of(r.measured, c.where, teacher)) values.insert(s.y.begin(), s.y.end());
  }
  if (values.size() != 1) return {};
  return ReferenceLine{*values.begin(), "teacher", with_value(metric_of(teacher).line, *values.begin())};
}

std::optional<ReferenceLine> goal_of(const ReportData& data, const MeasuredCourse& c, const Metric& m) {
  if (!m.teacher.empty()) return teachers_line(data, c, m.teacher);
  if (m.goal.empty()) return {};
  for (const RunData& r : data.runs) {
    if (r.solved) return ReferenceLine{*r.solved, "solved", with_value(m.goal, *r.solved)};
  }
  return {};
}

/// After training began: before it, most classes are never decided on.
bool is_telling(const RunData& run, const MeasuredCourse& c, double trivial) {
  const std::vector<SeedCurve> curves = curves_of(run.measured, c.where, c.metric);
  return std::any_of(curves.begin(), curves.end(), [&](const SeedCurve& s) {
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (s.x[i] > 0 && s.y[i] != trivial) return true;
    }
    return false;
  });
}

/// In the order of the catalogue, then of learning; runs that say what is to be shown of them show that.
std::vector<MeasuredCourse> panels_of(const ReportData& data) {
  std::set<MeasuredCourse> found;
  for (const RunData& r : data.runs) {
    if (!r.display.figures.empty() || !r.display.headlines.empty()) continue;
    for (const MeasuredCourse& c : courses_of(r.measured)) {
      const Metric m = metric_of(c.metric);
      if (m.in != MeasuredIn::split || !m.drawn) continue;
      if (m.trivial && !is_telling(r, c, *m.trivial)) continue;
      found.insert(c);
    }
  }
  const auto key = [](const MeasuredCourse& c) {
    static const std::map<std::string, int> order{{"validation", 0}, {"test", 1}, {"train", 2}};
    const auto at = order.find(c.where);
    return std::tuple(rank_of(c.metric), c.metric, at == order.end() ? 3 : at->second, c.where);
  };
  std::vector<MeasuredCourse> panels(found.begin(), found.end());
  std::sort(panels.begin(), panels.end(),
            [&](const MeasuredCourse& a, const MeasuredCourse& b) { return key(a) < key(b); });
  return panels;
}

}  // namespace

namespace {

/// Of all runs, in one plot; empty series if it has no line.
void add_panel(const ReportData& data, Page& page, const MeasuredCourse& c, bool large) {
  const Metric m = metric_in(data.runs.front().display, c.metric);
  const std::string words = words_at(m, c.where);
  LinePlot plot{.description = words + " over training",
                .x_label = data.runs.front().x_label,
                .y_label = axis_at(m, c.where),
                .log_y = m.spans_decades,
                .possible = m.range(),
                .percent = m.in_percent(),
                .reference = goal_of(data, c, m),
                .large = large};
  bool line = false;
  for (std::size_t i = 0; i < data.runs.size(); ++i) {
    std::vector<SeedCurve> seeds = training_curves(data.runs[i], c.where, c.metric);
    line = line || has_line(seeds);
    if (!seeds.empty()) plot.series.push_back(series_of(data, i, std::move(seeds)));
  }
  const std::string swept = data.sweep.empty() ? "" : "Colours: what is swept; dashes and markers: models.";
  plot.y_ticks = angle_ticks(m, largest_of(plot.series));
  if (line)
    add_figure(page, plot, capitalised(words) + " over training",
               m.caption + (m.caption.empty() || swept.empty() ? "" : " ") + swept, m.name);
}

/// What answers the question of a single run: the first panel. None of several runs, which have their last
/// tests side by side.
bool leads(const ReportData& data) { return data.runs.size() == 1; }

}  // namespace

void answer(const ReportData& data, Page& page) {
  const std::vector<MeasuredCourse> panels = panels_of(data);
  if (!leads(data) || panels.empty()) return;
  page.section("Results");
  add_panel(data, page, panels.front(), true);
}

void training(const ReportData& data, Page& page) {
  page.section("Over training");
  const std::vector<MeasuredCourse> panels = panels_of(data);
  // Many lines need room.
  const bool large = data.runs.size() > 6;
  if (!large) page.grid();
  for (std::size_t i = leads(data) ? 1 : 0; i < panels.size(); ++i) add_panel(data, page, panels[i], large);
  page.end_grid();
}

}  // namespace apical::sections
