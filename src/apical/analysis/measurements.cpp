// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/measurements.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apical/io/journal.h"
#include "apical/io/json.h"

namespace apical {

std::vector<Measurement> read_measurements(const io::Path& run) {
  std::vector<Measurement> out;
  for (const nlohmann::json& line : io::read_ndjson(run / "metrics.ndjson").lines) {
    const std::string where_key = line.contains("area") ? "area" : "split";
    MeasurementKey key{
        .epoch = line.at("epoch"), .where = line.at(where_key), .metric = {}, .seed = line.at("seed")};
    for (const auto& [name, value] : line.items()) {
      if (name == "seq" || name == "epoch" || name == "seed" || name == where_key) continue;
      key.metric = name;
      out.push_back({key, io::number_of(value, name)});
    }
  }
  std::sort(out.begin(), out.end(), [](const Measurement& a, const Measurement& b) { return a.key < b.key; });
  return out;
}

}  // namespace apical
