// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/protocol_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/build_info.h"
#include "apical/report/html/numbers.h"
#include "apical/report/html/page.h"
#include "apical/report/plot/svg_plot.h"

namespace apical {
namespace {

std::string state_name(std::size_t epochs) {
  return epochs == 0 ? "before learning" : fmt::format("after {} epoch{}", epochs, epochs == 1 ? "" : "s");
}

/// Measures in the order in which they first appear.
std::vector<std::string> measure_names(const ProtocolResult& result) {
  std::vector<std::string> names;
  for (const ModelOutcome& m : result.models) {
    for (const Contrast& e : m.contrasts) {
      if (std::find(names.begin(), names.end(), e.measure) == names.end()) names.push_back(e.measure);
    }
  }
  return names;
}

class Composition {
 public:
  Composition(const std::vector<ProbedModel>& models, const ProtocolResult& result)
      : models_(models), result_(result) {}

  std::string render() {
    heading();
    contrasts();
    contrast_figures();
    traces();
    method();
    settings();
    return page_.text();
  }

 private:
  const std::string& title() const { return models_.front().experiment.title; }
  std::vector<SeedValue> by_seed(const std::vector<double>& values) const {
    std::vector<SeedValue> out;
    for (std::size_t r = 0; r < values.size(); ++r)
      out.push_back({models_.front().experiment.seeds[r], values[r]});
    return out;
  }

  void heading() {
    page_.heading("Apical in-silico experiment", {models_.front().protocol.question},
                  {{"", models_.front().experiment.description}});
  }

  void contrasts() {
    Table t{.columns = {{"Measure"},
                        {"Condition"},
                        {"Model"},
                        {"Probed"},
                        {"Control", "mean [95\u00A0%]"},
                        {"Difference", "condition − control, paired by seed [95\u00A0%]"},
                        {"Distinct from 0"}}};
    for (const std::string& measure : measure_names(result_)) {
      for (const ModelOutcome& m : result_.models) {
        for (const Contrast& e : m.contrasts) {
          if (e.measure != measure) continue;
          const MeanInterval d = e.difference();
          t.rows.push_back({{{.text = measure, .look = Cell::Look::heading},
                             {.text = e.condition},
                             {.text = m.label},
                             {.text = state_name(e.epochs)},
                             {.text = figures_text(e.control_interval()), .look = Cell::Look::number},
                             {.text = figures_text(d), .look = Cell::Look::number},
                             {.text = !d.has_bounds()    ? "one seed"
                                      : !e.is_distinct() ? "no"
                                      : d.mean > 0       ? "yes, more"
                                                         : "yes, less"}}});
        }
      }
    }
    page_.section("What each model predicts");
    page_.table(t);
  }

  /// One figure per measure, so that all rows of a figure have one scale.
  void contrast_figures() {
    page_.section("Where predictions part");
    for (const std::string& measure : measure_names(result_)) {
      DotPlot plot{.description = fmt::format("Difference from the control in {}, by model", measure),
                   .x_label = "condition − control: " + measure};
      for (std::size_t i = 0; i < result_.models.size(); ++i) {
        for (const Contrast& e : result_.models[i].contrasts) {
          if (e.measure != measure) continue;
          std::vector<double> d;
          for (std::size_t r = 0; r < e.value.size(); ++r) d.push_back(e.value[r] - e.control[r]);
          plot.rows.push_back(
              {.label = fmt::format("{}: {}, {}", result_.models[i].label, e.condition, state_name(e.epochs)),
               .style = i,
               .seeds = by_seed(d),
               .interval = e.difference(),
               .text = figures_text(e.difference())});
        }
      }
      if (!plot.rows.empty())
        page_.figure(svg_of(plot), measure,
                     "Every seed is a dot; bar: mean over seeds with its 95 % interval.");
    }
  }

  void traces() {
    page_.section("Responses, aligned to the onset of the stimulus");
    page_.grid();
    for (std::size_t i = 0; i < models_.size(); ++i) {
      const Protocol& p = models_[i].protocol;
      for (const Measure& m : p.measures) {
        for (const std::size_t epochs : p.epochs) {
          LinePlot plot{
              .description = fmt::format("{} of {} over time, {}", m.name, models_[i].experiment.label,
                                         state_name(epochs)),
              .x_label = "time from stimulus onset (ms)",
              .y_label = fmt::format(
                  "{}{}", m.reduce == Measure::Reduce::magnitude ? "mean size of " : "mean ", m.variable)};
          for (const Trace& t : result_.models[i].traces) {
            if (t.measure == m.name && t.epochs == epochs) add(plot, t, p);
          }
          if (!plot.series.empty())
            page_.figure(svg_of(plot),
                         fmt::format("{}: {}, {}", models_[i].experiment.label, m.name, state_name(epochs)),
                         caption(m, models_[i]));
        }
      }
    }
    page_.end_grid();
  }

  void add(LinePlot& plot, const Trace& t, const Protocol& p) const {
    const auto condition = std::find_if(p.conditions.begin(), p.conditions.end(),
                                        [&](const Condition& c) { return c.name == t.condition; });
    PlotSeries series{.label = t.condition,
                      .style = static_cast<std::size_t>(condition - p.conditions.begin()),
                      .principal = t.condition == p.control};
    for (std::size_t r = 0; r < t.mean.rows(); ++r) {
      const auto row = t.mean.row(r);
      series.seeds.push_back(
          {models_.front().experiment.seeds[r], result_.time_ms, {row.begin(), row.end()}});
    }
    plot.series.push_back(std::move(series));
  }

  static std::string caption(const Measure& m, const ProbedModel& model) {
    std::vector<std::string> names;
    for (const PopulationId p : m.populations) names.push_back(model.experiment.circuit()[p].name);
    return fmt::format(
        "{} of {}, averaged over neurons and trials; thick: mean over seeds; band: its 95 % interval. "
        "Conditions are compared from {:g} to {:g} ms.",
        m.reduce == Measure::Reduce::magnitude ? "Absolute " + m.variable : m.variable, join_names(names),
        m.from_ms, m.until_ms);
  }

  void method() {
    const Protocol& p = models_.front().protocol;
    const Experiment& e = models_.front().experiment;
    page_.section("How this was measured");
    page_.paragraph(
        "Trials",
        fmt::format("{} samples of the {} split of {}, each shown {} time{}: {:g} ms blank, then the "
                    "stimulus for {:g} ms{}. Plasticity is {} in trials. "
                    "All conditions start from the same state of each model; those that act in training have "
                    "a circuit "
                    "of their own, trained with the same samples "
                    "from the same initial weights.",
                    p.samples, name_of(p.split), e.task, p.repeats, p.repeats == 1 ? "" : "s", p.blank_ms,
                    p.presentation_ms,
                    p.shows_target ? fmt::format(", with a target from {:g} ms on", p.target_onset_ms)
                                   : ", without a target",
                    p.learning ? "on" : "off"));
    page_.paragraph(
        "Statistics",
        "The seed is the unit of replication: responses are averaged over neurons and "
        "trials, then conditions are compared within "
        "each seed, in the mean over the measure’s window. Intervals are 95 % confidence intervals of the "
        "mean over seeds (Student t), without "
        "correction for the number of comparisons.");
  }

  void settings() {
    page_.section("Settings and provenance");
    for (const ProbedModel& m : models_)
      page_.details(m.experiment.label + " as it was run (TOML)", m.experiment.resolved);
    const BuildInfo& b = build_info();
    page_.note(fmt::format("apical {} ({}), {}, {}, {} precision.", b.version, b.revision, b.compiler,
                           b.build_type, models_.front().experiment.double_precision ? "double" : "float"));
    std::vector<std::string> citations;
    for (const ProbedModel& m : models_) {
      for (const std::string& c : {m.experiment.citation, find_task(m.experiment.task).citation}) {
        if (!c.empty() && std::find(citations.begin(), citations.end(), c) == citations.end())
          citations.push_back(c);
      }
    }
    page_.section("Please cite");
    page_.references(citations);
  }

  const std::vector<ProbedModel>& models_;
  const ProtocolResult& result_;
  Page page_{title()};
};

}  // namespace

std::string figures_text(const MeanInterval& i) {
  if (i.n == 0) return "–";
  return i.has_bounds() ? fmt::format("{:.3g} [{:.3g}, {:.3g}]", i.mean, i.low, i.high)
                        : fmt::format("{:.3g}", i.mean);
}

std::string render_protocol_report(const std::vector<ProbedModel>& models, const ProtocolResult& result) {
  return Composition(models, result).render();
}

}  // namespace apical
