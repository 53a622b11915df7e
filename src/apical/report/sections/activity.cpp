// SPDX-License-Identifier: Apache-2.0
// What populations and synapses did over time. Of several runs each has a page of its own with these.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "apical/report/compose/curve_plots.h"
#include "apical/report/plot/svg_raster.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

const std::vector<SeedResults>& activity_of(const ReportData& data) {
  static const std::vector<SeedResults> kNone;
  return data.runs.size() == 1 ? data.runs.front().activity : kNone;
}

/// One for each compartment that is driven in the segment, over its windows.
std::vector<RasterDrive> drives_in(const SegmentCurves& s, const std::vector<DrivePiece>& pieces) {
  constexpr std::size_t kPoints = 160;  // of a window
  std::map<std::pair<std::string, course::CellPart>, RasterDrive> found;
  for (const DrivePiece& p : pieces) {
    if (p.segment != s.name) continue;
    RasterDrive& drive = found[{p.population, p.into}];
    drive.label = fmt::format("{}, {}", p.population, p.into == course::CellPart::soma ? "soma" : "dendrite");
    drive.unit = "pA";
    drive.panels.resize(s.windows.size());
    for (std::size_t w = 0; w < s.windows.size(); ++w) {
      const double from = s.windows[w].from_s, step = (s.windows[w].until_s - from) / kPoints;
      RasterDrive::Stretch& stretch = drive.panels[w];
      stretch.s.resize(kPoints);
      stretch.value.resize(kPoints);
      for (std::size_t i = 0; i < kPoints; ++i) {
        const double at = (static_cast<double>(i) + 0.5) * step;
        stretch.s[i] = at;
        stretch.value[i] += 1e12 * p.at(from + at);
      }
    }
  }
  std::vector<RasterDrive> out;
  for (auto& [key, drive] : found) {
    const bool flows =
        std::any_of(drive.panels.begin(), drive.panels.end(), [](const RasterDrive::Stretch& p) {
          return std::any_of(p.value.begin(), p.value.end(), [](double v) { return v != 0; });
        });
    if (flows) out.push_back(std::move(drive));
  }
  return out;
}

RasterPlot raster_of(const SegmentCurves& s, const RunData& run) {
  const std::uint32_t neurons = run.raster_neurons;
  RasterPlot plot{.description = fmt::format("Spikes of some neurons of each population, {}", s.name),
                  .neurons = neurons,
                  .panels = {},
                  .bands = {}};
  for (const RasterStretch& w : s.windows) plot.panels.push_back({w.label, w.until_s - w.from_s, w.from_s});
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
  plot.drives = drives_in(s, run.drives);
  return plot;
}

struct Quantity {
  const char *name, *axis;
  std::vector<double> ActivityCurves::*values;
  ValueRange possible;
};
const Quantity kQuantities[] = {
    {"Event rate", "event rate (Hz)", &ActivityCurves::event_Hz, {0, {}}},
    {"Burst rate", "burst rate (Hz)", &ActivityCurves::burst_Hz, {0, {}}},
    {"Burst probability", "burst probability", &ActivityCurves::burst_probability, {0, 1}}};

}  // namespace

void weight_change(const ReportData& data, Page& page) {
  page.section("Weight change");
  const bool large = data.runs.size() == 1;
  if (!large) page.grid();
  for (const RunData& r : data.runs) {
    LinePlot plot{.description = "Weight change",
                  .x_label = r.display.curve_x,
                  .y_label = "weight change",
                  .reference = ReferenceLine{0, "no change"},
                  .large = large};
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
    const RasterPlot plot = raster_of(s, data.runs.front());
    page.figure(
        {fmt::format("Spikes{}", r.segments.size() > 1 ? ", " + s.name : ""),
         fmt::format(
             "The first {} neurons of each population, seed {}; time from the start of the segment. "
             "Short ticks: events, which start a burst or stand alone; long ticks: further spikes of "
             "a burst.{}",
             plot.neurons, r.seed,
             plot.drives.empty() ? "" : " Below: currents from outside, on top of the circuit's own."),
         plot});
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
      LinePlot plot{
          .description = q.name + which, .x_label = "time (s)", .y_label = q.axis, .possible = q.possible};
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
