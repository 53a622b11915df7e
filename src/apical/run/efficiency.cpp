// SPDX-License-Identifier: Apache-2.0
#include "apical/run/efficiency.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "apical/analysis/statistics.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"

namespace apical {
namespace {

/// Epochs until 95 % of the last accuracy, per seed.
std::vector<double> epochs_to_95(const io::Path& run) {
  constexpr double kShare = 0.95;
  std::map<std::uint64_t, std::vector<std::pair<double, double>>> curves;
  for (const nlohmann::json& line : io::read_ndjson(run / "metrics.ndjson").lines) {
    if (!line.contains("split") || line.at("split") != "validation" || !line.contains("accuracy")) continue;
    curves[line.at("seed")].emplace_back(line.at("epoch"), io::number_of(line.at("accuracy"), "accuracy"));
  }
  std::vector<double> epochs;
  for (const auto& [seed, curve] : curves) {
    const double enough = kShare * curve.back().second;
    epochs.push_back(std::find_if(curve.begin(), curve.end(), [&](const auto& point) {
                       return point.second >= enough;
                     })->first);
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
    e.needs = manifest.at("needs").get<std::vector<std::string>>();
    const std::vector<double> epochs = epochs_to_95(run);
    if (!epochs.empty()) e.samples_to_95 = mean(epochs) * manifest.at("training_samples").get<double>();
  }
  std::vector<double> seconds;
  for (const nlohmann::json& line : io::read_ndjson(run / "events.ndjson").lines) {
    if (line.at("event") == "epoch") seconds.push_back(io::number_of(line.at("seconds"), "seconds"));
  }
  if (!seconds.empty()) e.seconds_per_epoch = mean(seconds);
  return e;
}

}  // namespace apical
