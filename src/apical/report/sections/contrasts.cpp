// SPDX-License-Identifier: Apache-2.0
// Where the predictions of probed models part.
#include <fmt/format.h>

#include <algorithm>

#include "apical/core/error.h"
#include "apical/report/compose/curve_plots.h"
#include "apical/report/html/numbers.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

std::string state_name(std::size_t epochs) {
  return epochs == 0 ? "before learning" : fmt::format("after {} epoch{}", epochs, epochs == 1 ? "" : "s");
}

/// In the order in which they first appear.
std::vector<std::string> measures_of(const ProtocolRecord& p) {
  std::vector<std::string> names;
  for (const ModelOutcome& m : p.result.models) {
    for (const Contrast& c : m.contrasts) {
      if (std::find(names.begin(), names.end(), c.measure) == names.end()) names.push_back(c.measure);
    }
  }
  return names;
}

/// Calls with each contrast of a measure and the number of its model.
template <class Call>
void each_contrast(const ProtocolRecord& p, const std::string& measure, Call&& call) {
  for (std::size_t i = 0; i < p.result.models.size(); ++i) {
    for (const Contrast& c : p.result.models[i].contrasts) {
      if (c.measure == measure) call(c, i);
    }
  }
}

std::string verdict_of(const Contrast& c) {
  const MeanInterval d = c.difference();
  return !d.has_bounds() ? "one seed" : !c.is_distinct() ? "no" : d.mean > 0 ? "yes, more" : "yes, less";
}

}  // namespace

void contrasts(const ReportData& data, Page& page) {
  if (!data.protocol) return;
  Table t{.columns = {{"Measure"},
                      {"Condition"},
                      {"Model"},
                      {"Probed"},
                      {"Control", "mean [95\u00A0%]"},
                      {"Difference", "condition − control, paired by seed [95\u00A0%]"},
                      {"Distinct from 0"}}};
  for (const std::string& measure : measures_of(*data.protocol)) {
    each_contrast(*data.protocol, measure, [&](const Contrast& c, std::size_t i) {
      t.rows.push_back(
          {{{.text = measure, .look = Cell::Look::heading},
            {.text = c.condition},
            {.text = data.protocol->result.models[i].label},
            {.text = state_name(c.epochs)},
            {.text = figures_text(c.control_interval()),
             .look = Cell::Look::number,
             .value = c.control_interval().mean},
            {.text = figures_text(c.difference()), .look = Cell::Look::number, .value = c.difference().mean},
            {.text = verdict_of(c)}}});
    });
  }
  page.folded_section("Every contrast in figures");
  page.table(t);
}

namespace {

/// "Distinct from the control: error neurons after 20 epochs (more). No difference is seen in …"
std::string found_in(const ProtocolRecord& p, const std::string& measure) {
  std::vector<std::string> distinct, same;
  each_contrast(p, measure, [&](const Contrast& c, std::size_t i) {
    const std::string who = fmt::format("{} {}{}", p.result.models[i].label, state_name(c.epochs),
                                        p.conditions.size() > 2 ? ", " + c.condition : "");
    if (c.is_distinct())
      distinct.push_back(fmt::format("{} ({})", who, c.difference().mean > 0 ? "more" : "less"));
    else
      same.push_back(who);
  });
  std::string text;
  if (!distinct.empty()) text = fmt::format("Distinct from the control: {}.", join_names(distinct));
  constexpr std::size_t kNamed = 3;  // the figure below has all their names
  if (same.size() > kNamed)
    text += distinct.empty() ? fmt::format("None of {} is distinct from the control.", same.size())
                             : fmt::format(" The other {} are not.", same.size());
  else if (!same.empty())
    text += fmt::format("{}{}: {}.", text.empty() ? "" : " ",
                        distinct.empty() ? "Nowhere distinct from the control" : "Not distinct",
                        join_names(same));
  return text;
}

}  // namespace

/// One figure per measure, so that all rows of a figure have one scale.
void contrast_dots(const ReportData& data, Page& page) {
  if (!data.protocol) return;
  page.section("Where predictions part");
  for (const std::string& measure : measures_of(*data.protocol)) {
    DotPlot plot{.description = fmt::format("Difference from the control in {}, by model", measure),
                 .x_label = "condition − control: " + measure,
                 .zero = true};
    each_contrast(*data.protocol, measure, [&](const Contrast& c, std::size_t i) {
      std::vector<SeedValue> seeds;
      for (std::size_t r = 0; r < c.value.size(); ++r)
        seeds.push_back({data.protocol->seeds.at(r), c.value[r] - c.control[r]});
      plot.rows.push_back({.label = fmt::format("{}: {}, {}", data.protocol->result.models[i].label,
                                                c.condition, state_name(c.epochs)),
                           .style = i,
                           .seeds = seeds,
                           .interval = c.difference(),
                           .text = figures_text(c.difference()),
                           .group = data.protocol->result.models[i].label});
    });
    page.paragraph(found_in(*data.protocol, measure));
    add_figure(
        page, plot, measure,
        "Every seed is a dot; diamond and bar: mean over seeds with its 95 % interval; the line at 0: no "
        "difference from the control.",
        measure);
  }
}

namespace {

PlotSeries series_of(const Trace& t, const ProtocolRecord& p) {
  const auto condition = std::find(p.conditions.begin(), p.conditions.end(), t.condition);
  PlotSeries series{.label = t.condition,
                    .style = static_cast<std::size_t>(condition - p.conditions.begin()),
                    .principal = t.condition == p.control};
  for (std::size_t r = 0; r < t.mean.rows(); ++r) {
    const auto row = t.mean.row(r);
    series.seeds.push_back({p.seeds.at(r), p.result.time_ms, {row.begin(), row.end()}});
  }
  return series;
}

std::string caption_of(const ProtocolRecord::MeasureWords& m) {
  return fmt::format(
      "{} of {}, averaged over neurons and trials; thick: mean over seeds; band: its 95 % interval. "
      "Conditions are compared from {:g} to {:g} ms.",
      m.magnitude ? "Absolute " + m.variable : m.variable, join_names(m.populations), m.from_ms, m.until_ms);
}

}  // namespace

void responses(const ReportData& data, Page& page) {
  if (!data.protocol) return;
  const ProtocolRecord& p = *data.protocol;
  page.section("Responses, aligned to the onset of the stimulus");
  page.grid();
  for (const ProtocolRecord::MeasureWords& m : p.measures) {
    for (const ModelOutcome& model : p.result.models) {
      if (model.label != m.model) continue;
      std::vector<std::size_t> states;
      for (const Trace& t : model.traces) {
        if (t.measure == m.name && std::find(states.begin(), states.end(), t.epochs) == states.end())
          states.push_back(t.epochs);
      }
      for (const std::size_t epochs : states) {
        LinePlot plot{
            .description = fmt::format("{} of {} over time, {}", m.name, m.model, state_name(epochs)),
            .x_label = "time from stimulus onset (ms)",
            .y_label = fmt::format("{}{}", m.magnitude ? "mean size of " : "mean ", m.variable)};
        for (const Trace& t : model.traces) {
          if (t.measure == m.name && t.epochs == epochs) plot.series.push_back(series_of(t, p));
        }
        if (plot.has_values())
          page.figure(
              {fmt::format("{}: {}, {}", m.model, m.name, state_name(epochs)), caption_of(m), plot, m.name});
      }
    }
  }
  page.end_grid();
}

}  // namespace apical::sections
