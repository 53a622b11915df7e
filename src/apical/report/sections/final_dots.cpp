// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "apical/report/compose/curve_plots.h"
#include "apical/report/compose/metric_look.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {

void final_dots(const ReportData& data, Page& page) {
  for (const Metric& m : answers_of(data)) {
    DotPlot plot{.description = fmt::format("Final test {} of every seed, by model", m.words),
                 .x_label = axis_at(m, "test"),
                 .log_x = is_compared_by_ratio(data, m),
                 .percent = m.in_percent()};
    bool several = false;
    for (std::size_t i = 0; i < data.runs.size(); ++i) {
      const RunData& r = data.runs[i];
      const std::vector<SeedValue> values = last_values_of(r, m);
      // Of a single run, what it wants to be shown says it.
      if (values.empty() || (data.runs.size() == 1 && !r.display.headlines.empty())) continue;
      const MeanInterval interval = interval_of(r, m);
      several = several || interval.has_bounds();
      plot.rows.push_back({r.label, styles_of(data)[i], r.reference, values, interval,
                           interval.n > 0 ? figures_of(m, interval).text() : "not finite"});
    }
    page.figure(svg_of(plot), fmt::format("Test {} of every seed", m.words),
                (m.caption.empty() ? "" : m.caption + " ") +
                    (several ? "Dots: seeds; diamond and bar: mean and its 95 % interval."
                             : "One seed: no interval."));
  }
}

}  // namespace apical::sections
