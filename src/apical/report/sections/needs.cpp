// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "apical/report/sections/sections.h"

namespace apical::sections {

void needs(const ReportData& data, Page& page) {
  Table t{.columns = {{"Model"}, {"Ingredient"}, {"Needed"}, {"Why"}}};
  for (const RunData& m : data.runs) {
    for (const Ingredient& n : m.needs) {
      Table::Row& row = t.rows.emplace_back();
      if (&n == &m.needs.front())
        row.cells.push_back({.text = m.label, .look = Cell::Look::heading, .rows = m.needs.size()});
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
