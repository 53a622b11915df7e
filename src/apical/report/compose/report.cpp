// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/report.h"

#include <fmt/format.h>

#include <set>

#include "apical/core/error.h"
#include "apical/report/sections/sections.h"

namespace apical {
namespace {

/// The page from top to bottom.
constexpr void (*kSections[])(const ReportData&, Page&) = {
    sections::heading,  sections::warnings,   sections::sweep,    sections::results,   sections::expectations,
    sections::pictures, sections::final_dots, sections::training, sections::alignment, sections::areas,
    sections::circuits, sections::costs,      sections::needs,    sections::further,   sections::method,
    sections::settings, sections::citations};

}  // namespace

std::string render_report(const ReportData& data) {
  std::set<std::string> labels;
  for (const ModelResult& m : data.models) {
    if (!labels.insert(m.label).second) {
      throw ConfigError(fmt::format("two models of the report are labelled '{}'", m.label), {},
                        "give each model a label of its own");
    }
  }
  Page page(data.title);
  for (const auto show : kSections) {
    show(data, page);
    page.end_section();
  }
  return page.text();
}

}  // namespace apical
