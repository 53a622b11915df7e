// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "apical/experiment/same_experiment.h"
#include "apical/report/compose/metric_look.h"
#include "apical/report/html/numbers.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

std::string statistics_of(const ReportData& data) {
  std::string text = "The seed is the unit of replication";
  if (!data.runs.empty() && !data.runs.front().seed_draws.empty())
    text += "; it draws " + data.runs.front().seed_draws;
  text +=
      ": every number is computed per seed, then averaged. Intervals are 95 % confidence intervals of the "
      "mean over seeds: Student t, of measures with bounds on a scale on which these lie infinitely far away "
      "(the logit of fractions, angles and correlations, the logarithm of what cannot be negative), so that "
      "no "
      "interval leaves them. No seed is selected or left out.";
  if (reference_of(data) != nullptr) text += " Differences from the reference are paired by seed.";
  const std::vector<Metric> answers = answers_of(data);
  if (reference_of(data) != nullptr && std::any_of(answers.begin(), answers.end(), [&](const Metric& m) {
        return is_compared_by_ratio(data, m);
      }))
    text +=
        " Losses of different seeds can lie decades apart, so they are compared by the geometric mean of the "
        "ratios of seeds.";
  if (data.protocol)
    text +=
        " Responses are averaged over neurons and trials, then conditions are compared within each seed, in "
        "the mean over the measure’s window, without correction for the number of comparisons.";
  return text;
}

bool has_angles(const RunData& r) {
  return std::any_of(r.measured.begin(), r.measured.end(),
                     [](const Measurement& m) { return m.metric == "angle_deg"; });
}

}  // namespace

void method(const ReportData& data, Page& page) {
  page.folded_section("How this was measured");
  if (!data.runs.empty()) {
    for (const auto& [title, text] : data.runs.front().method) page.paragraph(title, text);
  }
  page.paragraph("Statistics", statistics_of(data));
  if (std::any_of(data.runs.begin(), data.runs.end(), has_angles))
    page.paragraph(
        "Alignment",
        "The angle between the weight change that the model assigns to a sample and the exact negative "
        "gradient of the same loss in the same weights, averaged over samples in which both have a length: "
        "per area over that area’s weights; for the total, each area’s credit is first scaled to the length "
        "of its gradient, as a learning rate per area would.");
}

namespace {

void add_experiment(const RunData& r, const std::string& name, Page& page) {
  if (!r.experiment_toml.empty()) page.details(name + " as it was run (TOML)", r.experiment_toml);
}

/// Of many runs the first is written out; of the others what is not as in the first.
void add_differences(const ReportData& data, Page& page) {
  const RunData& first = data.runs.front();
  const std::map<std::string, std::string> of_first = values_by_key(first.experiment_toml);
  Table t{.columns = {{"Run"}, {"What differs from " + first.label}}};
  for (std::size_t i = 1; i < data.runs.size(); ++i) {
    const RunData& r = data.runs[i];
    const std::map<std::string, std::string> own = values_by_key(r.experiment_toml);
    std::string text;
    for (const std::string& key : differing_keys(of_first, own)) {
      const auto at = own.find(key);
      text += (text.empty() ? "" : ", ") + (at == own.end() ? "no " + key : key + " = " + at->second);
    }
    t.rows.push_back({{{.text = r.label, .look = Cell::Look::heading}, {.text = text}}});
  }
  page.table(t);
}

}  // namespace

void settings(const ReportData& data, Page& page) {
  page.folded_section("Settings and provenance");
  if (data.runs.size() == 1) {
    add_experiment(data.runs.front(), "The experiment", page);
  } else if (!data.is_long()) {
    for (const RunData& r : data.runs) add_experiment(r, r.label, page);
  } else {
    add_experiment(data.runs.front(), data.runs.front().label, page);
    add_differences(data, page);
  }
  if (data.runs.empty()) return;
  Table t;
  for (const auto& [key, value] : data.runs.front().provenance)
    t.rows.push_back({{{.text = key, .look = Cell::Look::key}, {.text = value, .look = Cell::Look::value}}});
  page.table(t);
}

void citations(const ReportData& data, Page& page) {
  std::vector<std::string> all;
  const auto add = [&](const std::string& c) {
    if (!c.empty() && std::find(all.begin(), all.end(), c) == all.end()) all.push_back(c);
  };
  for (const RunData& r : data.runs) add(r.citation);
  for (const RunData& r : data.runs) add(r.task_citation);
  if (all.empty()) return;
  page.section("Please cite");
  page.references(all);
}

}  // namespace apical::sections
