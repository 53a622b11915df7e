// SPDX-License-Identifier: Apache-2.0
// What populations and synapses did over time. Of several runs each has a page of its own with these.
#include <fmt/format.h>

#include "apical/report/compose/curve_plots.h"
#include "apical/report/plot/svg_raster.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

const std::vector<SeedResults>& activity_of(const ReportData& data) {
  static const std::vector<SeedResults> kNone;
  return data.runs.size() == 1 ? data.runs.front().activity : kNone;
}

RasterPlot raster_of(const SegmentCurves& s, std::uint32_t neurons) {
  RasterPlot plot{.description = fmt::format("Spikes of some neurons of each population, {}", s.name),
                  .neurons = neurons,
                  .panels = {},
                  .bands = {}};
  for (const RasterStretch& w : s.windows) plot.panels.push_back({w.label, w.until_s - w.from_s});
  for (const ActivityCurves& p : s.populations) {
    RasterBand band{p.population, std::vector<std::vector<RasterSpike>>(s.windows.size())};
    for (std::size_t i = 0; i < p.raster_s.size(); ++i) {
      const bool event = p.raster_label[i] == kEventLabel;
      for (std::size_t w = 0; w < s.windows.size(); ++w) {
        if (p.raster_s[i] < s.windows[w].from_s || p.raster_s[i] >= s.windows[w].until_s) continue;
        band.panels[w].push_back({p.raster_s[i] - s.windows[w].from_s, p.raster_neuron[i], !event});
      }
    }
    plot.bands.push_back(std::move(band));
  }
  return plot;
}

struct Quantity {
  const char *name, *axis;
  std::vector<double> ActivityCurves::*values;
};
constexpr Quantity kQuantities[] = {
    {"Event rate", "event rate (Hz)", &ActivityCurves::event_Hz},
    {"Burst rate", "burst rate (Hz)", &ActivityCurves::burst_Hz},
    {"Burst probability", "burst probability", &ActivityCurves::burst_probability}};

}  // namespace

void weight_change(const ReportData& data, Page& page) {
  page.section("Weight change");
  page.grid();
  for (const RunData& r : data.runs) {
    LinePlot plot{.description = "Weight change",
                  .x_label = r.display.curve_x,
                  .y_label = "weight change",
                  .reference = ReferenceLine{0, "no change"}};
    for (const SeedResults& seed : r.activity) {
      for (std::size_t i = 0; i < seed.curves.size(); ++i) {
        if (plot.series.size() <= i) plot.series.push_back({.label = seed.curves[i].label, .style = i});
        plot.series[i].seeds.push_back({seed.seed, seed.curves[i].x, seed.curves[i].delta_w});
      }
    }
    add_figure(page, plot, data.runs.size() > 1 ? r.label + ": weight change" : "Weight change");
  }
  page.end_grid();
}

void rasters(const ReportData& data, Page& page) {
  const std::vector<SeedResults>& all = activity_of(data);
  if (all.empty()) return;
  page.section("Spikes");
  const SeedResults& r = all.front();
  for (const SegmentCurves& s : r.segments) {
    if (s.windows.empty()) continue;
    const RasterPlot plot = raster_of(s, data.runs.front().raster_neurons);
    page.figure(
        svg_of(plot), fmt::format("Spikes{}", r.segments.size() > 1 ? ", " + s.name : ""),
        fmt::format("The first {} neurons of each population, seed {}. Short ticks: events, which start "
                    "a burst or stand alone; long ticks: further spikes of a burst.",
                    plot.neurons, r.seed));
  }
}

void activity(const ReportData& data, Page& page) {
  const std::vector<SeedResults>& all = activity_of(data);
  if (all.empty()) return;
  page.section("Activity over time");
  page.grid();
  const std::size_t segments = all.front().segments.size();
  for (const Quantity& q : kQuantities) {
    for (std::size_t k = 0; k < segments; ++k) {
      const std::string which = segments > 1 ? ", " + all.front().segments[k].name : "";
      LinePlot plot{.description = q.name + which, .x_label = "time (s)", .y_label = q.axis};
      for (const SeedResults& r : all) {
        const SegmentCurves& s = r.segments.at(k);
        for (std::size_t i = 0; i < s.populations.size(); ++i) {
          if (plot.series.size() <= i)
            plot.series.push_back({.label = s.populations[i].population, .style = i});
          SeedCurve curve{r.seed, {}, s.populations[i].*q.values};
          for (const double t : s.time_s) curve.x.push_back(t - (segments > 1 ? s.start_s : 0));
          plot.series[i].seeds.push_back(std::move(curve));
        }
      }
      add_figure(page, plot, q.name + which,
                 "Mean over all neurons of a population, in bins. " + data.runs.front().display.activity);
    }
  }
  page.end_grid();
}

}  // namespace apical::sections
