// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "apical/report/compose/curve_plots.h"
#include "apical/report/compose/words.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {

void heading(const ReportData& data, Page& page) {
  std::vector<std::pair<std::string, std::string>> texts;
  texts.emplace_back("Task" + (data.task.empty() ? "" : ": " + data.task),
                     capitalised(data.task_description));
  for (const std::string& text : data.data_provenance)
    texts.emplace_back("Data not as published", capitalised(text));
  // The best and the worst of a sweep say nothing: its figures come first instead.
  page.heading("Apical report", {data.summary, data.sweep.empty() ? summary_sentences(data) : ""}, texts);
}

void warnings(const ReportData& data, Page& page) {
  const std::vector<std::string> all = all_warnings(data);
  if (data.models.empty()) return;
  if (all.empty())
    page.note("No warnings: every recorded value is finite, and no check of the run raised one.", "clear");
  else
    page.warnings(all);
}

}  // namespace apical::sections
