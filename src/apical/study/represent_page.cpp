// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "apical/analysis/statistics.h"
#include "apical/report/html/page.h"
#include "apical/report/plot/svg_plot.h"
#include "apical/study/represent.h"

namespace apical {
namespace {

using Kind = RepresentedModel::Kind;

/// With its interval where the score is a mean over more than one.
MeanInterval interval_of(const RepresentTable& table, const ModelScore& score) {
  const double half =
      student_quantile(0.975, static_cast<double>(table.degrees_of_freedom)) * score.standard_error;
  return {score.score, score.score - half, score.score + half, table.degrees_of_freedom + 1};
}

std::string marks_of(const ModelScore& score) {
  std::string marks;
  if (score.below_pixels) marks += "not above pixels";
  if (score.below_untrained) marks += std::string(marks.empty() ? "" : ", ") + "not above untrained";
  return marks;
}

DotPlot plot_of(const RepresentResult& result, const RepresentTable& table) {
  DotPlot plot;
  plot.x_label = fmt::format("{} with {}", name_of(table.measure), table.reference);
  plot.description = fmt::format("scores of models of {} against {}", table.area, table.reference);
  for (const ModelScore& score : table.scores) {
    const RepresentedModel& model = result.models[score.model];
    DotRow row;
    row.label = model.name;
    row.style = plot.rows.size();
    row.principal = model.kind == Kind::pixels;
    for (std::size_t s = 0; s < score.per_subject.size(); ++s) row.seeds.push_back({s, score.per_subject[s]});
    row.interval = interval_of(table, score);
    row.text = fmt::format("{:.3f}", score.score);
    plot.rows.push_back(std::move(row));
  }
  if (table.ceiling) {
    DotRow row;
    row.label = "noise ceiling";
    row.principal = true;
    row.seeds = {{0, table.ceiling->lower}, {1, table.ceiling->upper}};
    row.text = fmt::format("{:.3f} to {:.3f}", table.ceiling->lower, table.ceiling->upper);
    plot.rows.push_back(std::move(row));
  }
  return plot;
}

void scores(Page& page, const RepresentResult& result, const RepresentTable& table) {
  Table rows{
      .columns = {
          {"model"}, {"score"}, {"95 %"}, {"permutation p"}, {"given pixels", "partial Spearman"}, {""}}};
  for (const ModelScore& score : table.scores) {
    const MeanInterval interval = interval_of(table, score);
    rows.add_row({result.models[score.model].name, fmt::format("{:.3f}", score.score),
                  fmt::format("{:.3f} to {:.3f}", interval.low, interval.high),
                  fmt::format("{:.3f}", score.p_permutation),
                  std::isfinite(score.given_pixels) ? fmt::format("{:.3f}", score.given_pixels) : "–",
                  marks_of(score)});
  }
  page.table(rows);
  Table pairs{.columns = {{"difference"}, {"value"}, {"p"}, {"q", "false discovery rate"}}};
  for (const RdmContrast& pair : table.pairs) {
    if (pair.q >= 0.05) continue;
    pairs.add_row({fmt::format("{} – {}", result.models[table.scores[pair.a].model].name,
                               result.models[table.scores[pair.b].model].name),
                   fmt::format("{:.3f}", pair.difference), fmt::format("{:.3g}", pair.p),
                   fmt::format("{:.3g}", pair.q)});
  }
  if (pairs.rows.empty()) {
    page.paragraph(
        fmt::format("None of the {} differences between models has a false discovery rate below 5 %.",
                    table.pairs.size()));
  } else {
    page.table(pairs);
  }
}

std::string list_of(const std::vector<double>& values, double times, const char* unit) {
  if (values.empty()) return "–";
  std::string text;
  for (const double v : values) text += fmt::format("{}{:.1f}", text.empty() ? "" : ", ", v * times);
  return text + unit;
}

}  // namespace

std::string representation_page(const RepresentResult& result) {
  Page page("Representations compared");
  page.heading(
      "Representation", {},
      {{"",
        fmt::format("{} stimuli; dissimilarity: {}; activity of all channels and positions. A score is the "
                    "mean over subjects of the likeness of a model's RDM and the subject's.",
                    result.stimulus_ids.size(), name_of(result.dissimilarity))}});
  page.warnings(result.notes);
  if (!result.why_headline.empty()) page.paragraph(result.why_headline + ".");
  page.section("What was shown the stimuli");
  Table runs{.columns = {{"model"}, {"input"}, {"seeds"}, {"test accuracy"}, {"angle to the gradient"}}};
  for (const RepresentedRun& run : result.runs) {
    runs.add_row({run.label, text_of(run.input), fmt::format("{}", run.seeds.size()),
                  list_of(run.accuracy, 100, " %"), list_of(run.angle_deg, 1, "°")});
  }
  page.table(runs);
  page.paragraph("A rule that did not learn the task says nothing about cortex.");
  for (const RepresentedModel& model : result.models) {
    if (!model.undefined.empty())
      page.note(fmt::format("{} {} {}: no RDM, because {}.", model.name, model.area, model.variable,
                            model.undefined));
  }
  for (const RepresentTable& table : result.tables) {
    page.section(fmt::format("{} {}: {} with {}", table.area, table.variable, name_of(table.measure),
                             table.reference));
    if (table.measure == result.headline) {
      page.figure(
          svg_of(plot_of(result, table)), fmt::format("{} against {}", table.area, table.reference),
          fmt::format("Dots are subjects; bars are 95 % intervals over stimuli and subjects ({} subjects, {} "
                      "degrees of freedom).",
                      table.subjects, table.degrees_of_freedom));
    }
    scores(page, result, table);
  }
  page.section("Networks beside each other");
  Table between{.columns = {{"area"}, {"networks"}, {"debiased CKA"}, {"Procrustes angle", "rad"}}};
  for (const PatternSimilarity& pair : result.between) {
    between.add_row({result.models[pair.a].area,
                     fmt::format("{} – {}", result.models[pair.a].name, result.models[pair.b].name),
                     std::isfinite(pair.debiased_cka) ? fmt::format("{:.3f}", pair.debiased_cka) : "–",
                     fmt::format("{:.3f}", pair.procrustes_rad)});
  }
  page.table(between);
  page.references({"Kriegeskorte, Mur & Bandettini, Front Syst Neurosci 2:4 (2008)",
                   "Nili et al., PLoS Comput Biol 10:e1003553 (2014)",
                   "Schütt et al., eLife 12:e82566 (2023)"});
  return page.text();
}

}  // namespace apical
