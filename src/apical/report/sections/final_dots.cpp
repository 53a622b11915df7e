// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <functional>

#include "apical/report/compose/curve_plots.h"
#include "apical/report/compose/words.h"
#include "apical/report/html/numbers.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

struct Kind {
  const char* name;
  const char* unit;
  std::vector<SeedValue> ModelResult::*values;
  std::function<MeanInterval(const ModelResult&)> interval;
  Figures (*figures)(const MeanInterval&);
  bool log = false, percent = false;
};

std::vector<Kind> kinds_of(const ReportData& data) {
  return {{.name = "return",
           .unit = "",
           .values = &ModelResult::test_return,
           .interval = return_interval,
           .figures = count_figures},
          {.name = "falls",
           .unit = "",
           .values = &ModelResult::test_falls,
           .interval = falls_interval,
           .figures = count_figures},
          {.name = "accuracy",
           .unit = " (%)",
           .values = &ModelResult::test_accuracy,
           .interval = accuracy_interval,
           .figures = percent_figures,
           .percent = true},
          {.name = "loss",
           .unit = "",
           .values = &ModelResult::test_loss,
           .interval = [&data](const ModelResult& m) { return loss_interval(data, m); },
           .figures = loss_figures,
           .log = losses_are_geometric(data)}};
}

}  // namespace

void final_dots(const ReportData& data, Page& page) {
  for (const Kind& kind : kinds_of(data)) {
    DotPlot plot{.description = fmt::format("Final test {} of every seed, by model", kind.name),
                 .x_label = fmt::format("test {}{}", kind.name, kind.unit),
                 .log_x = kind.log,
                 .percent = kind.percent};
    bool several = false;
    for (std::size_t i = 0; i < data.models.size(); ++i) {
      const ModelResult& m = data.models[i];
      const std::vector<SeedValue>& values = m.*kind.values;
      if (values.empty()) continue;
      const MeanInterval interval = kind.interval(m);
      several = several || interval.has_bounds();
      plot.rows.push_back({m.label, styles_of(data)[i], m.reference, values, interval,
                           interval.n > 0 ? kind.figures(interval).text() : "not finite"});
    }
    page.figure(svg_of(plot), fmt::format("Test {} of every seed", kind.name),
                several ? fmt::format("Dots: seeds; diamond and bar: {} and its 95 % interval.",
                                      plot.log_x ? "geometric mean" : "mean")
                        : "One seed: no interval.");
  }
}

}  // namespace apical::sections
