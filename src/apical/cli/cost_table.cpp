// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/cost_table.h"

#include <fmt/format.h>

#include <cmath>

#include "apical/cli/result_table.h"

namespace apical::cli {

std::string cost_table(const std::vector<std::pair<std::string, Efficiency>>& runs, std::size_t columns) {
  const auto number = [](double v, const char* format) {
    return std::isfinite(v) ? fmt::format(fmt::runtime(format), v) : std::string("-");
  };
  std::vector<std::vector<std::string>> rows{{"model", "samples to 95 % of its final", "s/epoch",
                                              "synaptic events/sample", "weight writes/sample", "needs"}};
  for (const auto& [label, e] : runs) {
    rows.push_back({label, number(e.samples_to_95, "{:.0f}"),
                    number(e.seconds_per_epoch, e.seconds_per_epoch < 10 ? "{:.2g}" : "{:.0f}"),
                    number(e.cost.synaptic_events, "{:.3g}"), number(e.cost.weight_writes, "{:.3g}"),
                    e.needs.empty() ? "-" : fmt::format("{}", fmt::join(e.needs, ", "))});
  }
  return text_table(rows, columns);
}

}  // namespace apical::cli
