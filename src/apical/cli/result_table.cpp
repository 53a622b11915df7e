// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/result_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "apical/analysis/statistics.h"
#include "apical/report/compose/metric_look.h"

namespace apical::cli {
namespace {

std::string plain_spaces(std::string text) {
  const std::string no_break = "\u00A0";
  for (std::size_t at = text.find(no_break); at != std::string::npos; at = text.find(no_break, at + 1))
    text.replace(at, no_break.size(), " ");
  return text;
}

std::string number(const Metric& m, double value) {
  return plain_spaces(figures_of(m, mean_interval(std::vector{value})).value);
}

/// In place of a figure, if some seed has no value: one over the others would flatter.
std::string no_figure(const Metric& m, const std::vector<double>& values) {
  const bool missing =
      std::all_of(values.begin(), values.end(), [&](double v) { return is_measured_or_missing(m, v); });
  return missing ? "-" : "not finite in every seed";
}

std::string mean_cell(const Metric& m, const std::vector<double>& values) {
  const MeanInterval i = over_seeds(m, values);
  if (i.n == 0) return no_figure(m, values);
  return plain_spaces(figures_of(m, i).text()) + (i.has_bounds() ? "" : " (one seed)");
}

std::string median_cell(const Metric& m, const std::vector<double>& values) {
  return over_seeds(m, values).n > 0 ? number(m, median(values)) : no_figure(m, values);
}

std::string each_cell(const Metric& m, const std::vector<double>& values) {
  if (values.empty()) return "-";
  std::vector<std::string> out;
  out.reserve(values.size());
  for (const double v : values) out.push_back(std::isfinite(v) ? number(m, v) : "never");
  return fmt::format("{}", fmt::join(out, ", "));
}

struct Column {
  std::string heading;
  std::function<std::string(const Metric&, const std::vector<double>&)> cell;
  std::string where, metric;
};

/// What a metric shows of its seeds: one column, or two.
std::vector<Column> columns_of(const Metric& m, const std::string& where) {
  const std::string words = words_at(m, where);
  const Column of_mean{words + " [95 %]", mean_cell, where, m.name};
  const Column of_median{"median " + words, median_cell, where, m.name};
  const Column of_each{words + ", by seed", each_cell, where, m.name};
  switch (m.over_seeds) {
    case OverSeeds::mean:
      return {of_mean};
    case OverSeeds::median:
      return {of_median};
    case OverSeeds::mean_and_median:
      return {of_mean, of_median};
    case OverSeeds::median_of_some:
      return {of_each};
  }
  return {};
}

std::vector<Column> columns_for(const std::vector<RunResult>& runs) {
  const auto is_measured = [&](const Metric& m, const std::string& where) {
    return std::any_of(runs.begin(), runs.end(),
                       [&](const RunResult& r) { return !last_of(r.measured, where, m.name).empty(); });
  };
  std::vector<Column> out;
  for (const Metric& m : headlines(is_measured)) {
    for (const std::string& where : m.headline_at) {
      if (!is_measured(m, where)) continue;
      for (Column& c : columns_of(m, where)) out.push_back(std::move(c));
    }
  }
  return out;
}

}  // namespace

std::string result_table(const std::vector<RunResult>& runs, std::size_t columns_there) {
  const std::vector<Column> columns = columns_for(runs);
  std::vector<std::vector<std::string>> rows(1);
  rows[0].emplace_back("model");
  for (const Column& c : columns) rows[0].push_back(c.heading);
  rows[0].insert(rows[0].end(), {"seeds", "wall"});
  for (const RunResult& r : runs) {
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(r.label);
    for (const Column& c : columns)
      row.push_back(
          c.cell(metric_in(r.display, c.metric), values_of(last_of(r.measured, c.where, c.metric))));
    row.push_back(fmt::format("{}", r.seeds.size()));
    row.push_back(fmt::format("{:.1f} s", r.wall_seconds));
  }
  return text_table(rows, columns_there);
}

namespace {

Metric metric_of_headline(const RunResult& run, const Display::Headline& h) {
  Metric m = metric_in(run.display, h.metric);
  if (m.unit.empty()) m.unit = h.unit;
  return m;
}

/// What the run itself says that answers its question; if it says nothing and has none of the figures by
/// which models are compared, everything that was tested.
std::vector<Display::Headline> told_of(const RunResult& run) {
  std::vector<Display::Headline> out = run.display.headlines;
  std::erase_if(out,
                [&](const Display::Headline& h) { return first_of(run.measured, "test", h.metric).empty(); });
  if (!out.empty() || !columns_for({run}).empty()) return out;
  for (const MeasuredCourse& c : courses_of(run.measured)) {
    if (c.where == "test") out.push_back({c.metric, metric_of(c.metric).words, metric_of(c.metric).unit});
  }
  return out;
}

}  // namespace

std::string measure_table(const RunResult& run, std::size_t columns) {
  const std::vector<Display::Headline> told = told_of(run);
  if (told.empty()) return "";
  const bool twice = std::any_of(told.begin(), told.end(), [&](const Display::Headline& h) {
    return curves_of(run.measured, "test", h.metric).front().x.size() > 1;
  });
  std::vector<std::vector<std::string>> rows{{"measure"}};
  if (twice) rows[0].emplace_back("first [95 %]");
  rows[0].emplace_back(twice ? "last [95 %]" : "mean [95 %]");
  for (const Display::Headline& h : told) {
    const Metric m = metric_of_headline(run, h);
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(h.text);
    if (twice) row.push_back(mean_cell(m, values_of(first_of(run.measured, "test", h.metric))));
    row.push_back(mean_cell(m, values_of(last_of(run.measured, "test", h.metric))));
  }
  return text_table(rows, columns);
}

std::string measure_table(const std::vector<RunResult>& runs, std::size_t columns) {
  std::vector<Display::Headline> told;
  for (const RunResult& r : runs) {
    for (Display::Headline& h : told_of(r)) {
      const auto same = [&](const Display::Headline& other) { return other.metric == h.metric; };
      const bool in_table = metric_of(h.metric).is_headline();
      if (!in_table && std::none_of(told.begin(), told.end(), same)) told.push_back(std::move(h));
    }
  }
  if (told.empty()) return "";
  std::vector<std::vector<std::string>> rows{{"measure (last) [95 %]"}};
  for (const RunResult& r : runs) rows[0].push_back(r.label);
  for (const Display::Headline& h : told) {
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(h.text);
    for (const RunResult& r : runs)
      row.push_back(mean_cell(metric_of_headline(r, h), values_of(last_of(r.measured, "test", h.metric))));
  }
  return '\n' + text_table(rows, columns);
}

}  // namespace apical::cli
