// SPDX-License-Identifier: Apache-2.0
#include "apical/run/efficiency.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apical/analysis/statistics.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"
#include "apical/run/metrics_file.h"

namespace apical {
namespace {

/// Epochs until 95 % of the last accuracy, per seed.
std::vector<double> epochs_to_95(const io::Path& run) {
  constexpr double kShare = 0.95;
  std::vector<double> epochs;
  for (const SeedCurve& c : curves_of(read_measurements(run), "validation", "accuracy")) {
    const double enough = kShare * c.y.back();
    const auto reached = std::find_if(c.y.begin(), c.y.end(), [&](double y) { return y >= enough; });
    epochs.push_back(c.x[static_cast<std::size_t>(reached - c.y.begin())]);
  }
  return epochs;
}

}  // namespace

Efficiency read_efficiency(const io::Path& run) {
  Efficiency e;
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  if (manifest.contains("cost_per_sample")) {
    const nlohmann::json& c = manifest.at("cost_per_sample");
    e.cost = {c.at("synaptic_events"), c.at("weight_reads"), c.at("weight_writes")};
    const std::vector<double> epochs = epochs_to_95(run);
    if (!epochs.empty()) e.samples_to_95 = mean(epochs) * manifest.at("training_samples").get<double>();
  }
  if (manifest.contains("needs")) e.needs = manifest.at("needs").get<std::vector<std::string>>();
  std::vector<double> seconds;
  for (const nlohmann::json& line : io::read_ndjson(run / "events.ndjson").lines) {
    if (line.at("event") == "epoch") seconds.push_back(io::number_of(line.at("seconds"), "seconds"));
  }
  if (!seconds.empty()) e.seconds_per_epoch = mean(seconds);
  return e;
}

}  // namespace apical
