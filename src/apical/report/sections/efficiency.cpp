// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "apical/report/compose/curve_plots.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

/// Test accuracy over time, where tests were made along the way: what a model reaches in the time that
/// another takes.
std::vector<SeedCurve> over_minutes(const RunData& run) {
  std::map<double, double> minutes{{0.0, 0.0}};
  for (const auto& [epoch, seconds] : run.epoch_seconds)
    minutes.emplace(epoch, minutes.rbegin()->second + seconds / 60);
  std::vector<SeedCurve> out;
  for (const SeedCurve& c : curves_of(run.measured, "test", "accuracy")) {
    if (c.x.size() < 2) continue;
    for (std::size_t i = 0; i < c.x.size(); ++i) {
      if (const auto at = minutes.find(c.x[i]); at != minutes.end())
        add_point(out, c.seed, at->second, c.y[i]);
    }
  }
  return out;
}

/// Accuracy over synaptic events: how models compare that do different amounts of work for a sample.
std::vector<SeedCurve> over_events(const RunData& run) {
  const double per_epoch = run.cost ? run.training_samples * run.cost->synaptic_events : 0;
  std::vector<SeedCurve> out;
  if (!(per_epoch > 0)) return out;
  for (const SeedCurve& c : curves_of(run.measured, "validation", "accuracy")) {
    for (std::size_t i = 0; i < c.x.size(); ++i) {
      if (c.x[i] > 0) add_point(out, c.seed, c.x[i] * per_epoch, c.y[i]);
    }
  }
  return out;
}

void show(const ReportData& data, Page& page, const std::string& title, LinePlot plot,
          std::vector<SeedCurve> (*curves)(const RunData&)) {
  plot.description = title;
  plot.percent = true;
  for (const RunData& r : data.runs) {
    std::vector<SeedCurve> seeds = r.wall_seconds > 0 ? curves(r) : std::vector<SeedCurve>{};
    if (!seeds.empty())
      plot.series.push_back({.label = r.label, .style = plot.series.size(), .seeds = std::move(seeds)});
  }
  add_figure(page, plot, title);
}

}  // namespace

void efficiency(const ReportData& data, Page& page) {
  if (data.is_long()) return;
  page.folded_section("Further measurements");
  page.grid();
  show(data, page, "Validation accuracy over synaptic events",
       {.x_label = "synaptic events in training, one seed",
        .y_label = "validation accuracy (%)",
        .log_x = true},
       over_events);
  show(data, page, "Test accuracy over time of learning",
       {.x_label = "minutes of learning, all seeds together", .y_label = "test accuracy (%)"}, over_minutes);
  page.end_grid();
}

}  // namespace apical::sections
