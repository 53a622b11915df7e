// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/protocol_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/build_info.h"
#include "apical/report/html/report_numbers.h"
#include "apical/report/html/report_style.h"
#include "apical/report/plot/svg.h"
#include "apical/report/plot/svg_plot.h"

namespace apical {
namespace {

using svg::escape;

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

class Page {
 public:
  Page(const std::vector<ProbedModel>& models, const ProtocolResult& result)
      : models_(models), result_(result) {}

  std::string render() {
    heading();
    contrasts();
    contrast_figures();
    traces();
    method();
    settings();
    return report_page(title(), out_);
  }

 private:
  const std::string& title() const { return models_.front().experiment.title; }
  void section(const char* name) { out_ += fmt::format("<h2>{}</h2>\n", name); }
  void figure(const std::string& drawing, const std::string& name, const std::string& caption) {
    if (drawing.empty()) return;
    out_ += fmt::format(
        "<figure><div class=\"scroll\">{}</div><figcaption><b>Figure {} | {}.</b> {}</figcaption></figure>\n",
        drawing, ++figures_, escape(name), escape(caption));
  }
  std::vector<SeedValue> by_seed(const std::vector<double>& values) const {
    std::vector<SeedValue> out;
    for (std::size_t r = 0; r < values.size(); ++r)
      out.push_back({models_.front().experiment.seeds[r], values[r]});
    return out;
  }

  void heading() {
    const Protocol& p = models_.front().protocol;
    out_ += fmt::format("<header><p class=\"kicker\">Apical in-silico experiment</p><h1>{}</h1>\n",
                        escape(title()));
    if (!p.question.empty()) out_ += fmt::format("<p class=\"lead\">{}</p>\n", escape(p.question));
    if (!models_.front().experiment.description.empty())
      out_ += fmt::format("<p>{}</p>\n", escape(models_.front().experiment.description));
    out_ += "</header>\n";
  }

  void contrasts() {
    section("What each model predicts");
    out_ +=
        "<div "
        "class=\"scroll\"><table><thead><tr><th>Measure</th><th>Condition</th><th>Model</th><th>Probed</th>"
        "<th>Control<br/><span class=\"b\">mean [95\u00A0%]</span></th><th>Difference<br/><span "
        "class=\"b\">condition − control, paired by seed [95\u00A0%]</span></th>"
        "<th>Distinct from 0</th></tr></thead><tbody>\n";
    for (const std::string& measure : measure_names(result_)) {
      for (const ModelOutcome& m : result_.models) {
        for (const Contrast& e : m.contrasts) {
          if (e.measure != measure) continue;
          const MeanInterval d = e.difference();
          out_ += fmt::format(
              "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td><td "
              "class=\"n\">{}</td><td>{}</td></tr>\n",
              escape(measure), escape(e.condition), escape(m.label), state_name(e.epochs),
              figures_text(e.control_interval()), figures_text(d),
              !d.has_bounds()    ? "one seed"
              : !e.is_distinct() ? "no"
              : d.mean > 0       ? "yes, more"
                                 : "yes, less");
        }
      }
    }
    out_ += "</tbody></table></div>\n";
  }

  /// One figure per measure, so that all rows of a figure have one scale.
  void contrast_figures() {
    section("Where predictions part");
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
        figure(svg_of(plot), measure, "Every seed is a dot; bar: mean over seeds with its 95 % interval.");
    }
  }

  void traces() {
    const bool any = std::any_of(result_.models.begin(), result_.models.end(),
                                 [](const ModelOutcome& m) { return !m.traces.empty(); });
    if (!any) return;
    section("Responses, aligned to the onset of the stimulus");
    out_ += "<div class=\"grid\">\n";
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
            figure(svg_of(plot),
                   fmt::format("{}: {}, {}", models_[i].experiment.label, m.name, state_name(epochs)),
                   caption(m, models_[i]));
        }
      }
    }
    out_ += "</div>\n";
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
    section("How this was measured");
    out_ += fmt::format(
        "<p><b>Trials.</b> {} samples of the {} split of {}, each shown {} time{}: {:g} ms blank, then the "
        "stimulus for {:g} ms{}. Plasticity is {} in trials. "
        "All conditions start from the same state of each model; those that act in training have a circuit "
        "of their own, trained with the same samples "
        "from the same initial weights.</p>\n",
        p.samples, name_of(p.split), escape(e.task), p.repeats, p.repeats == 1 ? "" : "s", p.blank_ms,
        p.presentation_ms,
        p.shows_target ? fmt::format(", with a target from {:g} ms on", p.target_onset_ms)
                       : ", without a target",
        p.learning ? "on" : "off");
    out_ +=
        "<p><b>Statistics.</b> The seed is the unit of replication: responses are averaged over neurons and "
        "trials, then conditions are compared within "
        "each seed, in the mean over the measure’s window. Intervals are 95 % confidence intervals of the "
        "mean over seeds (Student t), without "
        "correction for the number of comparisons.</p>\n";
  }

  void settings() {
    section("Settings and provenance");
    for (const ProbedModel& m : models_) {
      out_ += fmt::format("<details><summary>{} as it was run (TOML)</summary><pre>{}</pre></details>\n",
                          escape(m.experiment.label), escape(m.experiment.resolved));
    }
    const BuildInfo& b = build_info();
    out_ += fmt::format("<p class=\"note\">apical {} ({}), {}, {}, {} precision.</p>\n", escape(b.version),
                        escape(b.revision), escape(b.compiler), escape(b.build_type),
                        models_.front().experiment.double_precision ? "double" : "float");
    std::vector<std::string> citations;
    for (const ProbedModel& m : models_) {
      for (const std::string& c : {m.experiment.citation, find_task(m.experiment.task).citation}) {
        if (!c.empty() && std::find(citations.begin(), citations.end(), c) == citations.end())
          citations.push_back(c);
      }
    }
    if (citations.empty()) return;
    section("Please cite");
    out_ += "<ol class=\"refs\">\n";
    for (const std::string& c : citations) out_ += fmt::format("<li>{}</li>\n", escape(c));
    out_ += "</ol>\n";
  }

  const std::vector<ProbedModel>& models_;
  const ProtocolResult& result_;
  std::string out_;
  int figures_ = 0;
};

}  // namespace

std::string figures_text(const MeanInterval& i) {
  if (i.n == 0) return "–";
  return i.has_bounds() ? fmt::format("{:.3g} [{:.3g}, {:.3g}]", i.mean, i.low, i.high)
                        : fmt::format("{:.3g}", i.mean);
}

std::string render_protocol_report(const std::vector<ProbedModel>& models, const ProtocolResult& result) {
  return Page(models, result).render();
}

}  // namespace apical
