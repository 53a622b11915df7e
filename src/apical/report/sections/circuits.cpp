// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

/// Circuits of a variant along a sweep differ in their sizes only: the first is drawn.
std::vector<const DrawnCircuit*> drawn_of(const ReportData& data) {
  std::vector<const DrawnCircuit*> out;
  std::set<std::string> series;
  for (const RunData& r : data.runs) {
    const auto place = std::find_if(data.sweep.begin(), data.sweep.end(),
                                    [&](const SweptRun& s) { return s.label == r.label; });
    if (!r.circuit || (place != data.sweep.end() && !series.insert(place->series).second)) continue;
    out.push_back(&*r.circuit);
  }
  return out;
}

}  // namespace

void circuits(const ReportData& data, Page& page) {
  const std::vector<const DrawnCircuit*> all = drawn_of(data);
  page.folded_section(all.size() == 1 ? "Circuit" : "Circuits");
  for (const DrawnCircuit* c : all) {
    page.figure(c->svg, "Circuit " + c->name, c->caption);
    page.details(fmt::format("The circuit {} as text", c->name), c->description);
  }
}

/// Targets once, outputs of every run that has pictures.
void pictures(const ReportData& data, Page& page) {
  Table t;
  const auto add = [&](const std::string& label, const std::string& png) {
    t.rows.push_back({{{.text = label, .look = Cell::Look::heading},
                       {.text = png, .below = label, .look = Cell::Look::picture}}});
  };
  for (const RunData& r : data.runs) {
    if (!r.pictures) continue;
    if (t.rows.empty()) add("targets", r.pictures->targets);
    add(r.label, r.pictures->outputs);
  }
  if (t.rows.empty()) return;
  page.section("What comes out");
  page.paragraph("Outputs of the first seed after training, for the test samples in their order.");
  page.table(t);
}

}  // namespace apical::sections
