// SPDX-License-Identifier: Apache-2.0
#include "apical/run/forecast.h"

#include <fmt/format.h>

#include "apical/run/forecast_parts.h"

namespace apical {

std::string bytes_text(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  int unit = 0;
  while (bytes >= 1000 && unit < 4) {
    bytes /= 1000;
    ++unit;
  }
  return fmt::format("{:.3g} {}", bytes, units[unit]);
}

std::string what_runs(const Experiment& e) {
  const std::string model = !e.model.empty() ? e.model : e.is_circuit() ? e.circuit().name : e.label;
  return fmt::format("{}{}, {} seeds, {}", model, e.task.empty() ? "" : " on " + e.task, e.seeds.size(),
                     e.double_precision ? "double" : "float");
}

std::string time_text(double seconds, const TrainingPlan& plan, std::size_t threads) {
  const std::string limit =
      plan.minutes > 0 ? fmt::format("; training.minutes ends learning after {:g} min", plan.minutes) : "";
  return fmt::format("about {:.2g} s on {} threads, from a probe of 0.2 s{}", seconds, threads, limit);
}

std::string provenance_text(const Dataset& data) {
  return data.provenance.empty() ? "" : "; not as published: " + data.provenance;
}

Forecast forecast(const Experiment& e, const Resources& resources) {
  Forecast f = std::visit([&](const auto& subject) { return forecast_of(e, subject, resources); }, e.subject);
  f.label = e.label;
  f.what = what_runs(e);
  return f;
}

}  // namespace apical
