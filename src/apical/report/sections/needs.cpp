// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "apical/core/error.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

bool need_the_same(const RunData& a, const RunData& b) {
  return std::equal(a.needs.begin(), a.needs.end(), b.needs.begin(), b.needs.end(),
                    [](const Ingredient& n, const Ingredient& m) {
                      return n.name == m.name && n.needed == m.needed && n.reason == m.reason;
                    });
}

/// Runs along a sweep need the same: they are named together.
std::string who_needs_it(const ReportData& data, const RunData& first) {
  constexpr std::size_t kNamed = 3;
  std::vector<std::string> names;
  std::size_t others = 0;
  for (const RunData& r : data.runs) {
    if (!need_the_same(r, first)) continue;
    if (names.size() < kNamed)
      names.push_back(r.label);
    else
      ++others;
  }
  if (others > 0) names.push_back(fmt::format("{} more", others));
  return join_names(names);
}

}  // namespace

void needs(const ReportData& data, Page& page) {
  Table t{.columns = {{"Model"}, {"Ingredient"}, {"Needed"}, {"Why"}}};
  std::vector<const RunData*> told;
  for (const RunData& m : data.runs) {
    const bool is_told =
        std::any_of(told.begin(), told.end(), [&](const RunData* r) { return need_the_same(*r, m); });
    if (is_told) continue;
    told.push_back(&m);
    for (const Ingredient& n : m.needs) {
      Table::Row& row = t.rows.emplace_back();
      if (&n == &m.needs.front())
        row.cells.push_back(
            {.text = who_needs_it(data, m), .look = Cell::Look::heading, .rows = m.needs.size()});
      row.cells.push_back({.text = n.name});
      row.cells.push_back({.text = n.needed ? "yes" : "no", .look = Cell::Look::answer, .strong = n.needed});
      row.cells.push_back({.text = n.reason});
    }
  }
  if (t.rows.empty()) return;
  page.folded_section("What each model needs");
  page.paragraph(
      "Of circuits found by inspection, not declared by their authors; of layered and recurrent networks "
      "what the credit rule itself says it uses.");
  page.table(t);
}

}  // namespace apical::sections
