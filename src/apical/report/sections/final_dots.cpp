// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "apical/report/compose/curve_plots.h"
#include "apical/report/compose/metric_look.h"
#include "apical/report/compose/words.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {

void final_dots(const ReportData& data, Page& page) {
  if (data.runs.size() < 2) return;               // of one run its course says it
  if (data.is_long() && data.is_swept()) return;  // the figures along the sweep have every seed
  if (!data.is_swept())
    page.section("Results");
  else
    page.folded_section("Every seed");
  for (const Metric& m : answers_of(data)) {
    const std::string words = words_at(m, headline_place(m));
    DotPlot plot{.description = fmt::format("Final {} of every seed, by model", words),
                 .x_label = axis_at(m, headline_place(m)),
                 .log_x = is_compared_by_ratio(data, m),
                 .percent = m.in_percent(),
                 .possible = m.range()};
    bool several = false;
    const std::vector<RunLook> looks = looks_of(data);
    for (std::size_t i = 0; i < data.runs.size(); ++i) {
      const RunData& r = data.runs[i];
      const std::vector<SeedValue> values = last_values_of(r, m);
      if (values.empty()) continue;
      const MeanInterval interval = interval_of(r, m);
      several = several || interval.has_bounds();
      plot.rows.push_back({.label = r.label,
                           .style = looks[i].style,
                           .principal = looks[i].principal,
                           .seeds = values,
                           .interval = interval,
                           .text = interval.n > 0 ? figures_of(m, interval).text() : "not finite"});
    }
    add_figure(page, plot, capitalised(words) + " of every seed",
               (m.caption.empty() ? "" : m.caption + " ") +
                   (several ? "Dots: seeds; diamond and bar: mean and its 95 % interval."
                            : "One seed: no interval."),
               m.name);
  }
}

}  // namespace apical::sections
