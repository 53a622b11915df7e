// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "apical/core/text_pieces.h"
#include "apical/report/compose/curve_plots.h"
#include "apical/report/compose/words.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {

void heading(const ReportData& data, Page& page) {
  Paragraphs texts;
  if (!data.runs.empty()) {
    const RunData& first = data.runs.front();
    texts.emplace_back("Task" + (first.task.empty() ? "" : ": " + first.task),
                       capitalised(first.task_description));
  }
  std::set<std::string> told;
  for (const RunData& r : data.runs) {
    if (told.insert(r.data_provenance).second)
      texts.emplace_back("Data not as published", capitalised(r.data_provenance));
  }
  // The best and the worst of a sweep say nothing: its figures come first instead.
  std::vector<std::string> leads{data.question, data.description};
  if (!data.is_swept()) {
    for (const std::string& line : pieces_of(summary_sentences(data), '\n')) leads.push_back(line);
  }
  page.heading("Apical report", leads, texts);
}

void warnings(const ReportData& data, Page& page) {
  const std::vector<std::string> all = all_warnings(data);
  if (data.runs.empty()) return;
  if (all.empty())
    page.note("No warnings: every recorded value is finite, and no check of the run raised one.", "clear");
  else
    page.warnings(all);
}

}  // namespace apical::sections
