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
    sections::heading,       sections::warnings,      sections::sweep,        sections::grid,
    sections::contrast_dots, sections::answer,        sections::final_dots,   sections::course_dots,
    sections::results,       sections::course_table,  sections::expectations, sections::pictures,
    sections::responses,     sections::weight_change, sections::training,     sections::course_figures,
    sections::alignment,     sections::areas,         sections::rasters,      sections::recordings,
    sections::activity,      sections::efficiency,    sections::contrasts,    sections::circuits,
    sections::costs,         sections::needs,         sections::method,       sections::settings,
    sections::citations};

}  // namespace

Page page_of(const ReportData& data) {
  std::set<std::string> labels;
  for (const RunData& r : data.runs) {
    if (!labels.insert(r.label).second) {
      throw ConfigError(fmt::format("two models of the report are labelled '{}'", r.label), {},
                        "give each model a label of its own");
    }
  }
  Page page(data.title);
  for (const auto show : kSections) {
    show(data, page);
    page.end_section();
  }
  return page;
}

std::string render_report(const ReportData& data) { return page_of(data).text(); }

}  // namespace apical
