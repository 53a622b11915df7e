// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "apical/report/sections/sections.h"

namespace apical::sections {

void circuits(const ReportData& data, Page& page) {
  page.section(data.circuits.size() == 1 ? "Circuit" : "Circuits");
  for (const DrawnCircuit& c : data.circuits) {
    page.figure(c.svg, "Circuit " + c.name, c.caption);
    page.details(fmt::format("The circuit {} as text", c.name), c.description);
  }
}

void pictures(const ReportData& data, Page& page) {
  if (data.pictures.empty()) return;
  Table t;
  for (const PictureRow& p : data.pictures) {
    t.rows.push_back({{{.text = p.label, .look = Cell::Look::heading},
                       {.text = p.png_base64, .below = p.label, .look = Cell::Look::picture}}});
  }
  page.section("What comes out");
  page.paragraph("Outputs of the first seed after training, for the test samples in their order.");
  page.table(t);
}

}  // namespace apical::sections
