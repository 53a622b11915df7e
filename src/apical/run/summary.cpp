// SPDX-License-Identifier: Apache-2.0
#include "apical/run/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "apical/analysis/display.h"
#include "apical/analysis/metrics.h"
#include "apical/analysis/statistics.h"
#include "apical/core/error.h"
#include "apical/io/json.h"
#include "apical/run/efficiency.h"
#include "apical/run/metrics_file.h"

namespace apical {
namespace {

nlohmann::json measure_json(const Display& display, const MeasuredCourse& course, double epoch,
                            const std::vector<double>& values) {
  const Metric metric = metric_in(display, course.metric);
  std::vector<double> finite;
  for (const double v : values) {
    if (std::isfinite(v)) finite.push_back(v);
  }
  nlohmann::json one{{"where", course.where}, {"metric", course.metric}, {"epoch", epoch}};
  // What some seeds never reach has a median over those that did; anything else that is missing in one seed
  // has no mean, which would flatter.
  if (metric.over_seeds != OverSeeds::median_of_some) {
    const MeanInterval i = over_seeds(metric, values);
    if (i.n == 0) finite.clear();
    one["mean"] = io::json_number(i.mean);
    if (i.has_bounds()) {
      one["low95"] = io::json_number(i.low);
      one["high95"] = io::json_number(i.high);
    }
  }
  one["n"] = finite.size();
  if (!finite.empty()) one["median"] = io::json_number(median(finite));
  one["values"] = nlohmann::json::array();
  for (const double v : values) one["values"].push_back(io::json_number(v));
  return one;
}

}  // namespace

nlohmann::json summary_of(const io::Path& run, double wall_seconds) {
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  const std::vector<Measurement> rows = read_measurements(run);
  const Display display = manifest.contains("display") ? read_display(manifest.at("display")) : Display{};
  nlohmann::json s;
  s["schema"] = "apical-summary/2";
  s["label"] = manifest.at("label");
  s["model"] = manifest.at("model");
  s["seeds"] = manifest.at("seeds");
  s["wall_seconds"] = wall_seconds;
  s["measures"] = nlohmann::json::array();
  std::map<MeasuredCourse, std::map<double, std::vector<double>>> courses;  // by epoch, in order of seeds
  for (const Measurement& m : rows) courses[{m.where, m.metric}][m.epoch].push_back(m.value);
  for (const auto& [course, by_epoch] : courses) {
    const auto& [first, values] = *by_epoch.begin();
    s["measures"].push_back(measure_json(display, course, first, values));
    if (by_epoch.size() > 1)
      s["measures"].push_back(
          measure_json(display, course, by_epoch.rbegin()->first, by_epoch.rbegin()->second));
  }
  const Efficiency e = read_efficiency(run);
  s["samples_to_95_percent"] = io::json_number(e.samples_to_95);
  s["seconds_per_epoch"] = io::json_number(e.seconds_per_epoch);
  s["cost_per_sample"] = {{"synaptic_events", io::json_number(e.cost.synaptic_events)},
                          {"weight_reads", io::json_number(e.cost.weight_reads)},
                          {"weight_writes", io::json_number(e.cost.weight_writes)}};
  s["needs"] = e.needs;
  if (manifest.contains("biological_seconds_per_seed"))
    s["biological_seconds"] = manifest.at("biological_seconds_per_seed").get<double>() *
                              static_cast<double>(manifest.at("seeds").size());
  return s;
}

const nlohmann::json& last_measure(const nlohmann::json& summary, const std::string& where,
                                   const std::string& metric) {
  const nlohmann::json* found = nullptr;
  for (const nlohmann::json& m : summary.at("measures")) {
    if (m.at("where") == where && m.at("metric") == metric) found = &m;
  }
  if (found == nullptr) throw DataError(fmt::format("the summary has no {} of {}", metric, where));
  return *found;
}

}  // namespace apical
