// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "apical/report/html/numbers.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {

void costs(const ReportData& data, Page& page) {
  Table t{.columns = {{"Model"},
                      {"Samples to 95\u00A0%"},
                      {"Time per epoch"},
                      {"Synaptic events per sample"},
                      {"Weight reads per sample"},
                      {"Weight writes per sample"}}};
  const auto number = [](double v) { return std::isfinite(v) ? fmt::format("{:.3g}", v) : std::string("–"); };
  for (const RunData& m : data.runs) {
    if (!m.cost) continue;
    t.add_row(
        {m.label, std::isfinite(m.cost->samples_to_95) ? fmt::format("{:.0f}", m.cost->samples_to_95) : "–",
         duration_text(m.cost->seconds_per_epoch), number(m.cost->synaptic_events),
         number(m.cost->weight_reads), number(m.cost->weight_writes)},
        Cell::Look::number);
  }
  if (t.rows.empty()) return;
  page.folded_section("What learning took");
  page.paragraph(
      "Samples until a validation reached 95\u00A0% of the last one’s accuracy (mean over seeds), and what "
      "one "
      "training sample costs at the synapses, which stands for energy: a synaptic event is a value passing "
      "one weight in any direction or phase; weights are read for every event and every change.");
  page.table(t);
}

}  // namespace apical::sections
