// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "apical/report/compose/words.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {

void method(const ReportData& data, Page& page) {
  page.section("How this was measured");
  if (!data.evaluation.empty()) page.paragraph("Evaluation", data.evaluation);
  std::string statistics =
      "The seed is the unit of replication: every number is computed per seed, then averaged. Intervals are "
      "95 % confidence intervals of the mean over seeds (Student t). No seed is selected or left out. "
      "Differences from the reference are paired by seed.";
  if (losses_are_geometric(data))
    statistics +=
        " Losses of different seeds can lie decades apart, so their means and intervals are taken of the "
        "logarithm (geometric means).";
  page.paragraph("Statistics", statistics);
  if (std::any_of(data.models.begin(), data.models.end(),
                  [](const ModelResult& m) { return !m.alignment.empty(); }))
    page.paragraph(
        "Alignment",
        "The angle between the weight change that the model assigns to a sample and the exact negative "
        "gradient of the same loss in the same weights, averaged over samples in which both have a length: "
        "per area over that area’s weights; for the total, each area’s credit is first scaled to the length "
        "of its gradient, as a learning rate per area would.");
}

void settings(const ReportData& data, Page& page) {
  page.section("Settings and provenance");
  if (!data.experiment_toml.empty())
    page.details("The experiment as it was run (TOML)", data.experiment_toml);
  Table t;
  for (const auto& [key, value] : data.provenance)
    t.rows.push_back({{{.text = key, .look = Cell::Look::key}, {.text = value, .look = Cell::Look::value}}});
  page.table(t);
}

void citations(const ReportData& data, Page& page) {
  std::vector<std::string> all;
  const auto add = [&](const std::string& c) {
    if (!c.empty() && std::find(all.begin(), all.end(), c) == all.end()) all.push_back(c);
  };
  for (const ModelResult& m : data.models) add(m.citation);
  for (const std::string& c : data.citations) add(c);
  page.section("Please cite");
  page.references(all);
}

}  // namespace apical::sections
