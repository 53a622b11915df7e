// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/curve_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "apical/core/error.h"

namespace apical {

std::vector<RunLook> looks_of(const ReportData& data) {
  std::vector<RunLook> looks;
  if (data.sweep.empty()) {
    std::size_t next = 0;
    for (const RunData& r : data.runs)
      looks.push_back({.style = r.reference ? 0 : next++, .principal = r.reference});
    return looks;
  }
  std::set<double> values;
  std::vector<std::string> variants;
  for (const SweptRun& s : data.sweep) {
    values.insert(s.at);
    if (std::find(variants.begin(), variants.end(), s.series) == variants.end()) variants.push_back(s.series);
  }
  for (const RunData& r : data.runs) {
    const auto place = std::find_if(data.sweep.begin(), data.sweep.end(),
                                    [&](const SweptRun& s) { return s.label == r.label; });
    if (place == data.sweep.end()) {
      looks.push_back({.principal = true});
      continue;
    }
    const auto rank = std::distance(values.begin(), values.find(place->at));
    looks.push_back({.style = static_cast<std::size_t>(
                         std::find(variants.begin(), variants.end(), place->series) - variants.begin()),
                     .shade = static_cast<double>(rank) /
                              static_cast<double>(std::max<std::size_t>(1, values.size() - 1))});
  }
  return looks;
}

PlotSeries series_of(const ReportData& data, std::size_t run, std::vector<SeedCurve> seeds) {
  const RunLook look = looks_of(data)[run];
  return {.label = data.runs[run].label,
          .style = look.style,
          .principal = look.principal,
          .shade = look.shade,
          .seeds = std::move(seeds)};
}

std::vector<SeedCurve> training_curves(const RunData& run, std::string_view where, std::string_view metric) {
  std::vector<SeedCurve> curves = curves_of(run.measured, where, metric);
  // An angle before anything was learned is not defined, which is no fault: no point, and no cross.
  const bool may_be_missing = !metric_of(metric).missing.empty();
  for (SeedCurve& c : curves) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < c.x.size(); ++i) {
      if (may_be_missing && std::isnan(c.y[i])) continue;
      c.x[kept] = c.x[i] * run.x_per_epoch;
      c.y[kept++] = c.y[i];
    }
    c.x.resize(kept);
    c.y.resize(kept);
  }
  return curves;
}

bool has_line(std::span<const SeedCurve> seeds) {
  return std::any_of(seeds.begin(), seeds.end(), [](const SeedCurve& s) { return s.x.size() > 1; });
}

void add_point(std::vector<SeedCurve>& curves, std::uint64_t seed, double x, double y) {
  auto at = std::find_if(curves.begin(), curves.end(), [&](const SeedCurve& c) { return c.seed == seed; });
  if (at == curves.end()) at = curves.insert(curves.end(), {seed, {}, {}});
  at->x.push_back(x);
  at->y.push_back(y);
}

bool area_before(const std::string& a, const std::string& b) {
  const auto key = [](const std::string& name) {
    const std::size_t digits = name.find_last_not_of("0123456789") + 1;
    const std::string number = name.substr(digits);
    return std::tuple(name == "total", name.substr(0, digits), number.size(), number);
  };
  return key(a) < key(b);
}

std::string how_drawn(const LinePlot& plot) {
  std::size_t most = 0;
  for (const PlotSeries& s : plot.series) most = std::max(most, s.seeds.size());
  std::string text;
  if (most > 1 && !plot.shows_seeds()) {
    text = "Means over seeds; of so many lines neither intervals nor seeds are drawn: the CSV has them.";
  } else if (most > 1 && most < kFewestOfABand) {
    text = "Thick: mean over seeds; thin: both of them. An interval over two would hide them.";
  } else if (most > 1) {
    text = "Thick: mean over seeds; band: its 95 % interval; thin: every seed.";
  } else {
    text = "One seed: no interval.";
  }
  if (plot.log_y && !plot.drawn_log()) text += " Linear axis, because a value is not positive.";
  if (!plot.diverged().empty()) {
    text += fmt::format(" A cross ends each seed whose values ceased to be finite ({}).",
                        join_names(plot.diverged()));
  }
  if (plot.reference && !plot.reference->meaning.empty()) text += " " + plot.reference->meaning;
  return text;
}

void add_figure(Page& page, const LinePlot& plot, const std::string& title, const std::string& caption,
                const std::string& metric) {
  if (plot.has_values())
    page.figure({title, caption + (caption.empty() ? "" : " ") + how_drawn(plot), plot, metric});
}

void add_figure(Page& page, const DotPlot& plot, const std::string& title, const std::string& caption,
                const std::string& metric) {
  page.figure({title, caption, plot, metric});
}

std::vector<double> angle_ticks(const Metric& metric, double largest) {
  if (metric.unit != "°") return {};
  if (largest > 90) return {0, 30, 60, 90, 120, 150, 180};
  return {0, 15, 30, 45, 60, 75, 90};
}

double largest_of(std::span<const PlotSeries> series) {
  double largest = 0, bounds = 0;
  for (const PlotSeries& p : series) {
    for (const SeedCurve& s : p.seeds) {
      for (const double v : s.y) largest = std::isfinite(v) ? std::max(largest, v) : largest;
    }
    for (const auto& piece : mean_over_seeds(p.seeds, {.low = 0, .high = 180}, p.mean_of)) {
      for (const MeanPoint& m : piece) {
        if (m.interval.n >= kFewestOfABand) bounds = std::max(bounds, m.interval.high);
      }
    }
  }
  // An interval may widen the axis, but one far beyond all seeds would leave them no room: it is cut, and
  // marked.
  constexpr double kMostRoom = 1.2;
  return std::max(largest, std::min(bounds, kMostRoom * largest));
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace apical
