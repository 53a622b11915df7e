// SPDX-License-Identifier: Apache-2.0
#include "apical/sweep/tuning_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "apical/analysis/metrics.h"
#include "apical/report/html/page.h"
#include "apical/report/plot/svg_plot.h"
#include "apical/sweep/tune.h"

namespace apical::sweep {
namespace {

/// The numbers in "12.5" or "[300, 8]"; none in anything else.
std::vector<double> numbers_of(std::string text) {
  if (text.starts_with("[")) text = text.substr(1, text.size() - 2);
  std::vector<double> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    std::string one = text.substr(at, comma - at);
    one.erase(0, one.find_first_not_of(' '));
    double x = 0;
    const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), x);
    if (error != std::errc{} || end != one.data() + one.size()) return {};
    out.push_back(x);
    at = comma + 1;
  }
  return out;
}

std::string shown(double score, const Metric& metric) {
  if (std::isnan(score)) return "broke";
  return fmt::format("{:.4g}{}", score * metric.shown_times, metric.in_percent() ? " %" : "");
}

/// One line for each variant, over the values of the trials of the first round, which all had the same
/// epochs.
LinePlot plot_of(const Tuning& t, const SearchedKey& key, std::size_t entry, const Metric& metric) {
  LinePlot plot;
  plot.x_label = key.dimensions() > 1 ? fmt::format("{}, entry {}", key.key, entry + 1) : key.key;
  plot.y_label = fmt::format("validation {}", metric.words);
  plot.percent = metric.in_percent();
  plot.log_y = metric.spans_decades;
  plot.possible = metric.range();
  plot.log_x = key.law == SearchedKey::Law::log_uniform;
  plot.description = plot.x_label + " against the score";
  for (const TunedVariant& v : t.variants) {
    const auto own =
        std::find_if(v.space.begin(), v.space.end(), [&](const SearchedKey& k) { return k.key == key.key; });
    if (own == v.space.end()) continue;
    const auto k = static_cast<std::size_t>(own - v.space.begin());
    std::vector<std::pair<double, double>> points;
    for (const Trial& trial : v.trials) {
      const std::vector<double> x = numbers_of(trial.values[k]);
      if (x.size() > entry && !std::isnan(trial.scores.front()))
        points.emplace_back(x[entry], trial.scores.front());
    }
    std::sort(points.begin(), points.end());
    SeedCurve curve;
    for (const auto& [x, y] : points) {
      if (!curve.x.empty() && curve.x.back() == x) {  // several trials at one choice: the best
        curve.y.back() = t.smaller_is_better ? std::min(curve.y.back(), y) : std::max(curve.y.back(), y);
        continue;
      }
      curve.x.push_back(x);
      curve.y.push_back(y);
    }
    if (!curve.x.empty())
      plot.series.push_back({.label = v.label, .style = plot.series.size(), .seeds = {std::move(curve)}});
  }
  return plot;
}

}  // namespace

std::string tuning_page(const Tuning& t, const std::string& title) {
  const TunedVariant& first = t.variants.front();
  const Metric& metric = metric_of(first.found.metric);
  Page page(title.empty() ? "Tuning of " + first.label : "Tuning: " + title);
  page.heading(
      "Tuning", {},
      {{"", fmt::format("Every model had the same effort: {}. Settings were judged by the {} {} on seeds {}, "
                        "which no result is of, and never by the test.",
                        first.found.effort(), first.found.where, metric.words,
                        fmt::join(first.found.seeds, ", "))}});
  page.section("What was chosen");
  Table table{.columns = {{"model"}, {"chosen"}, {fmt::format("{} {}", first.found.where, metric.words)}}};
  for (const TunedVariant& v : t.variants)
    table.add_row(
        {v.label, fmt::format("{}", fmt::join(v.found.chosen, ", ")), shown(v.found.score, metric)});
  page.table(table);
  page.section("Values and scores");
  page.grid();
  std::vector<std::string> drawn;
  for (const TunedVariant& v : t.variants) {
    for (const SearchedKey& key : v.space) {
      if (std::find(drawn.begin(), drawn.end(), key.key) != drawn.end()) continue;
      drawn.push_back(key.key);
      for (std::size_t entry = 0; entry < key.dimensions(); ++entry) {
        const LinePlot plot = plot_of(t, key, entry, metric);
        if (plot.has_values())
          page.figure(
              {plot.x_label,
               fmt::format(
                   "Every trial after {} epochs, the first round, in order of its value; other values "
                   "differ from trial to trial.",
                   first.found.epochs.front()),
               plot, metric.name});
      }
    }
  }
  page.end_grid();
  page.section("Every trial");
  for (const TunedVariant& v : t.variants) {
    Table trials{.columns = {{"trial"}, {"values"}}};
    for (const std::size_t epochs : v.found.epochs)
      trials.columns.push_back({fmt::format("{} epochs", epochs)});
    for (const Trial& trial : v.trials) {
      std::vector<std::string> row{
          fmt::format("{}{}", trial.number, &trial == &v.trials[v.best] ? " (chosen)" : "")};
      std::string values;
      for (std::size_t k = 0; k < v.space.size(); ++k)
        values += fmt::format("{}{} = {}", k == 0 ? "" : ", ", v.space[k].key, trial.values[k]);
      row.push_back(values);
      for (std::size_t r = 0; r < v.found.epochs.size(); ++r)
        row.push_back(r < trial.scores.size() ? shown(trial.scores[r], metric) : "");
      trials.add_row(row);
    }
    page.paragraph(v.label, v.found.in_words());
    page.table(trials);
  }
  return page.text();
}

}  // namespace apical::sweep
