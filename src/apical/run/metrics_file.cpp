// SPDX-License-Identifier: Apache-2.0
#include "apical/run/metrics_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/core/error.h"
#include "apical/io/json.h"

namespace apical {
namespace {

io::Path file_of(const io::Path& run) { return run / "metrics.ndjson"; }

Measurement measurement_of(const nlohmann::json& line, const io::Path& file, std::size_t number) {
  for (const char* key : {"epoch", "where", "metric", "seed", "value"}) {
    if (line.contains(key)) continue;
    throw DataError(fmt::format(
        "{}, line {}: no member '{}'; expected epoch, where, metric, seed and value, one measurement a line\n"
        "  runs made before measurements had lines of their own are run again: apical run {}",
        file.string(), number, key, (file.parent_path() / "experiment.toml").string()));
  }
  try {
    return {line.at("epoch"), line.at("where"), line.at("metric"), line.at("seed"),
            io::number_of(line.at("value"), "value")};
  } catch (const nlohmann::json::exception& e) {
    throw DataError(fmt::format("{}, line {}: {}", file.string(), number, e.what()));
  }
}

}  // namespace

MetricsFile::MetricsFile(const io::Path& run, io::JournalPosition from) : journal_(file_of(run), from) {}

void MetricsFile::append(const Measurement& m) {
  io::JsonLine line;
  line.add("epoch", m.epoch).add("where", m.where).add("metric", m.metric).add("seed", m.seed);
  journal_.append(line.add("value", m.value));
}

std::vector<Measurement> read_measurements_in_order(const io::Path& run) {
  const io::Path file = file_of(run);
  std::vector<Measurement> out;
  for (const nlohmann::json& line : io::read_ndjson(file).lines)
    out.push_back(measurement_of(line, file, out.size() + 1));
  return out;
}

std::vector<Measurement> read_measurements(const io::Path& run) {
  std::vector<Measurement> out = read_measurements_in_order(run);
  sort_by_key(out);
  return out;
}

}  // namespace apical
