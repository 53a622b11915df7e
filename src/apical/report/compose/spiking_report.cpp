// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/spiking_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "apical/analysis/interval.h"
#include "apical/analysis/spiking_ingredients.h"
#include "apical/io/json.h"
#include "apical/procedure/course_display.h"
#include "apical/report/compose/protocol_report.h"
#include "apical/report/html/numbers.h"
#include "apical/report/html/page.h"
#include "apical/report/plot/svg_plot.h"
#include "apical/report/plot/svg_raster.h"
#include "apical/report/sections/sections.h"
#include "apical/run/metrics_file.h"

namespace apical {
namespace {

std::vector<SeedValue> values_at(const std::vector<SeedCurve>& curves, bool first) {
  std::vector<SeedValue> out;
  for (const SeedCurve& c : curves) out.push_back({c.seed, first ? c.y.front() : c.y.back()});
  return out;
}

/// Empty if a seed has no finite value: a mean over the others would flatter.
MeanInterval interval_of(const std::vector<SeedValue>& values) {
  std::vector<double> finite = finite_values(values);
  if (finite.size() != values.size()) finite.clear();
  return mean_interval(finite);
}

std::string cell_of(const std::vector<SeedValue>& values, const std::string& unit) {
  const MeanInterval i = interval_of(values);
  if (values.empty()) return "–";
  if (i.n == 0) return "not in every seed";
  return figures_text(i) + (unit.empty() ? "" : " " + unit);
}

class Composition {
 public:
  explicit Composition(const SpikingReportData& data)
      : d_(data), display_(display_of(data.experiment.circuit, data.experiment.course)) {}

  std::string render() {
    heading();
    headlines();
    expectations();
    dots();
    pairing_curves();
    measure_figures();
    rasters();
    activity();
    method();
    settings();
    return page_.text();
  }

 private:
  std::string how_drawn() const {
    return d_.experiment.seeds.size() > 1
               ? "Thick: mean over seeds; band: its 95 % interval; thin: every seed."
               : "One seed: no interval.";
  }

  void heading() {
    page_.heading("Apical spiking experiment", {d_.experiment.description}, {});
    if (d_.wall_seconds == 0) page_.warnings({"this run has not finished"});
  }

  void headlines() {
    const auto rows = headline_table(d_.experiment, d_.measured);
    Table t;
    for (const std::string& h : rows.front()) t.columns.push_back({h});
    for (std::size_t i = 1; i < rows.size(); ++i) t.add_row(rows[i], Cell::Look::number);
    page_.section("Results");
    page_.table(t);
  }

  void expectations() {
    ReportData shown;
    shown.reproduces = d_.reproduces;
    shown.expectations = d_.expectations;
    sections::expectations(shown, page_);
    page_.end_section();
  }

  void dots() {
    for (const Display::Dots& m : display_.dots) {
      DotPlot plot{.description = m.title, .x_label = m.x_label};
      for (std::size_t i = 0; i < m.rows.size(); ++i) {
        const std::vector<SeedValue> values =
            values_at(curves_of(d_.measured, "test", m.rows[i].metric), m.rows[i].first);
        if (values.empty()) continue;
        const MeanInterval interval = interval_of(values);
        plot.rows.push_back({.label = m.rows[i].label,
                             .style = m.rows[i].first ? std::size_t{5} : std::size_t{0},
                             .seeds = values,
                             .interval = interval,
                             .text = cell_of(values, "")});
      }
      page_.figure(
          svg_of(plot), m.title,
          m.caption + (d_.experiment.seeds.size() > 1
                           ? " Every seed is a dot; diamond and bar: mean over seeds with its 95 % interval."
                           : " One seed: no interval."));
    }
  }

  void pairing_curves() {
    LinePlot plot{.description = "Weight change",
                  .x_label = display_.curve_x,
                  .y_label = "weight change",
                  .reference = ReferenceLine{0, "no change"}};
    for (const SeedResults& r : d_.results) {
      for (std::size_t i = 0; i < r.curves.size(); ++i) {
        if (plot.series.size() <= i) plot.series.push_back({.label = r.curves[i].label, .style = i});
        plot.series[i].seeds.push_back({r.seed, r.curves[i].x, r.curves[i].delta_w});
      }
    }
    if (plot.series.empty()) return;
    page_.section("Weight change");
    page_.grid();
    page_.figure(svg_of(plot), "Weight change", how_drawn());
    page_.end_grid();
  }

  void measure_figures() {
    bool opened = false;
    for (const Display::Figure& m : display_.figures) {
      LinePlot plot{.description = m.title, .x_label = m.x_label, .y_label = m.y_label};
      if (m.reference) plot.reference = ReferenceLine{*m.reference, m.reference_label};
      bool curve = false;
      for (std::size_t i = 0; i < m.lines.size(); ++i) {
        const std::vector<SeedCurve> seeds = curves_of(d_.measured, m.where, m.lines[i].metric);
        for (const SeedCurve& s : seeds) curve = curve || s.x.size() > 1;
        if (!seeds.empty()) plot.series.push_back({.label = m.lines[i].label, .style = i, .seeds = seeds});
      }
      if (!curve) continue;
      if (!opened) {
        page_.section(m.where == "train" ? "Over training" : "Phase by phase");
        page_.grid();
        opened = true;
      }
      page_.figure(svg_of(plot), m.title, m.caption + (m.caption.empty() ? "" : " ") + how_drawn());
    }
    page_.end_grid();
  }

  void rasters() {
    if (d_.results.empty()) return;
    const SeedResults& r = d_.results.front();
    std::string drawn;
    for (const SegmentCurves& s : r.segments) {
      if (s.windows.empty()) continue;
      if (drawn.empty()) page_.section("Spikes");
      drawn = s.name;
      RasterPlot plot{.description = fmt::format("Spikes of some neurons of each population, {}", s.name),
                      .neurons = 0,
                      .panels = {},
                      .bands = {}};
      for (const RasterWindow& w : s.windows) plot.panels.push_back({w.label, w.until_s - w.from_s});
      for (const ActivityCurves& p : s.populations) {
        RasterBand band{p.population, std::vector<std::vector<RasterSpike>>(s.windows.size())};
        for (std::size_t i = 0; i < p.raster_s.size(); ++i) {
          const bool event = p.raster_label[i] == static_cast<std::uint8_t>(spike::Label::event);
          for (std::size_t w = 0; w < s.windows.size(); ++w) {
            if (p.raster_s[i] < s.windows[w].from_s || p.raster_s[i] >= s.windows[w].until_s) continue;
            band.panels[w].push_back({p.raster_s[i] - s.windows[w].from_s, p.raster_neuron[i], !event});
          }
        }
        plot.bands.push_back(std::move(band));
      }
      plot.neurons = static_cast<std::uint32_t>(d_.experiment.record.raster_neurons);
      page_.figure(
          svg_of(plot), fmt::format("Spikes{}", r.segments.size() > 1 ? ", " + s.name : ""),
          fmt::format("The first {} neurons of each population, seed {}. Short ticks: events, which start "
                      "a burst or stand alone; long ticks: further spikes of a burst.",
                      plot.neurons, r.seed));
    }
  }

  void activity() {
    if (d_.results.empty() || d_.results.front().segments.empty()) return;
    page_.section("Activity over time");
    page_.grid();
    const std::size_t segments = d_.results.front().segments.size();
    struct Quantity {
      const char *name, *axis;
      std::vector<double> ActivityCurves::*values;
    };
    for (const Quantity& q :
         {Quantity{"Event rate", "event rate (Hz)", &ActivityCurves::event_Hz},
          Quantity{"Burst rate", "burst rate (Hz)", &ActivityCurves::burst_Hz},
          Quantity{"Burst probability", "burst probability", &ActivityCurves::burst_probability}}) {
      for (std::size_t k = 0; k < segments; ++k) {
        const std::string which = segments > 1 ? ", " + d_.results.front().segments[k].name : "";
        LinePlot plot{.description = q.name + which, .x_label = "time (s)", .y_label = q.axis};
        for (const SeedResults& r : d_.results) {
          const SegmentCurves& s = r.segments.at(k);
          for (std::size_t i = 0; i < s.populations.size(); ++i) {
            if (plot.series.size() <= i)
              plot.series.push_back({.label = s.populations[i].population, .style = i});
            SeedCurve curve{r.seed, {}, s.populations[i].*q.values};
            for (const double t : s.time_s) curve.x.push_back(t - (segments > 1 ? s.start_s : 0));
            plot.series[i].seeds.push_back(std::move(curve));
          }
        }
        page_.figure(
            svg_of(plot), q.name + which,
            "Mean over all neurons of a population, in bins. " + display_.activity + " " + how_drawn());
      }
    }
    page_.end_grid();
  }

  void method() {
    page_.section("How this was measured");
    page_.paragraph("Course", in_words(d_.experiment.course));
    if (!d_.experiment.course.protocol) {
      page_.paragraph(
          "Events and bursts",
          "An event is the first spike after a pause; the second spike of a burst makes it a burst. Burst "
          "probability is bursts over events. What tells a pause, and every other departure of the published "
          "program from its article, is an option of the experiment and stands below.");
    }
    page_.paragraph(
        "Statistics",
        "The seed is the unit of replication; it draws the wiring, the initial state and all background "
        "input. Intervals are 95 % confidence intervals of the mean over seeds (Student t).");
    Table t{.columns = {{"Ingredient"}, {"Needed"}, {"Why"}}};
    for (const Ingredient& i : ingredients(d_.experiment.circuit, d_.experiment.course)) {
      t.rows.push_back({{{.text = i.name, .look = Cell::Look::heading},
                         {.text = i.needed ? "yes" : "no", .look = Cell::Look::answer},
                         {.text = i.reason}}});
    }
    page_.section("What the experiment takes for granted");
    page_.table(t);
  }

  void settings() {
    page_.section("Settings and provenance");
    page_.details("The experiment as it was run (TOML)", d_.experiment.resolved);
    std::string line;
    for (const auto& [name, value] : d_.provenance)
      line += fmt::format("{}{} {}", line.empty() ? "" : ", ", name, value);
    if (d_.wall_seconds > 0) line += fmt::format(", {} for all seeds", duration_text(d_.wall_seconds));
    page_.note(line + ".");
    page_.section("Please cite");
    page_.references({d_.experiment.citation});
  }

  const SpikingReportData& d_;
  const Display display_;
  Page page_{d_.experiment.title};
};

}  // namespace

std::vector<std::vector<std::string>> headline_table(const SpikingExperiment& e,
                                                     const std::vector<Measurement>& measured) {
  const bool twice = e.course.epochs > 0;
  const std::string interval = e.seeds.size() > 1 ? " [95 %]" : "";
  std::vector<std::vector<std::string>> rows{{"measure"}};
  if (twice) rows[0].push_back("untrained" + interval);
  rows[0].push_back((twice ? "trained" : "mean") + interval);
  rows[0].emplace_back("seeds");
  const Display display = display_of(e.circuit, e.course);
  for (const Display::Headline& h : display.headlines) {
    const std::vector<SeedCurve> curves = curves_of(measured, "test", h.metric);
    if (curves.empty()) continue;
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(h.text);
    if (twice) row.push_back(cell_of(values_at(curves, true), h.unit));
    row.push_back(cell_of(values_at(curves, false), h.unit));
    row.push_back(fmt::format("{}", curves.size()));
  }
  return rows;
}

std::string render_spiking_report(const SpikingReportData& data) { return Composition(data).render(); }

io::Path write_spiking_report(const io::Path& run) {
  SpikingReportData d;
  d.experiment = read_spiking_experiment(TomlDocument::read((run / "experiment.toml").string()));
  d.measured = read_measurements(run);
  if (io::file_exists(run / "results.h5")) d.results = read_spiking_results(run / "results.h5");
  if (io::file_exists(run / "summary.json"))
    d.wall_seconds = io::read_json(run / "summary.json").at("wall_seconds");
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  for (const auto& [key, name] : {std::pair{"apical", "version"},
                                  {"apical", "revision"},
                                  {"apical", "compiler"},
                                  {"apical", "build"},
                                  {"machine", "instruction_set"}}) {
    d.provenance.emplace_back(name, manifest.at(key).at(name).get<std::string>());
  }
  d.provenance.emplace_back("threads",
                            fmt::format("{}", manifest.at("machine").at("threads").get<std::size_t>()));
  d.provenance.emplace_back("created", manifest.at("created"));
  if (io::file_exists(run / "reproduction.json")) {
    const nlohmann::json j = io::read_json(run / "reproduction.json");
    d.reproduces = j.at("reference");
    for (const nlohmann::json& o : j.at("outcomes")) {
      d.expectations.push_back({o.at("subject"), o.at("measured_text"), o.at("expected"), o.at("because"),
                                o.at("source"), o.at("reproduced")});
    }
  }
  const io::Path path = run / "report.html";
  io::write_atomically(path, render_spiking_report(d));
  return path;
}

}  // namespace apical
