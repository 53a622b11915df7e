// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/write_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/core/error.h"
#include "apical/io/json.h"
#include "apical/report/compose/read_run.h"
#include "apical/report/compose/report.h"

namespace apical {
namespace {

void read_comparison(const io::Path& directory, ReportData& data) {
  const nlohmann::json index = io::read_json(directory / "comparison.json");
  data.title = index.at("title");
  data.description = index.at("description");
  data.question = index.value("question", "");
  const bool is_finished = io::file_exists(directory / "summary.json");
  for (const nlohmann::json& name : index.at("runs")) {
    const io::Path run = directory / name.get<std::string>();
    if (io::file_exists(run / "manifest.json")) data.runs.push_back(read_run(run, is_finished));
  }
  for (const nlohmann::json& p : index.value("sweep", nlohmann::json::array())) {
    const io::Path manifest = directory / p.at("run").get<std::string>() / "manifest.json";
    if (!io::file_exists(manifest)) continue;
    data.sweep.push_back({.label = io::read_json(manifest).at("label"),
                          .axis = p.at("name"),
                          .at = p.at("at"),
                          .logarithmic = p.at("logarithmic"),
                          .series = p.at("series")});
  }
}

/// What `apical reproduce` found, if it ran this.
void read_expectations(const io::Path& directory, ReportData& data) {
  if (!io::file_exists(directory / "reproduction.json")) return;
  const nlohmann::json j = io::read_json(directory / "reproduction.json");
  data.reproduces = j.at("reference");
  for (const nlohmann::json& o : j.at("outcomes")) {
    data.expectations.push_back({o.at("subject"), o.at("measured_text"), o.at("expected"), o.at("because"),
                                 o.at("source"), o.at("reproduced")});
  }
}

ReportData read_report_data(const io::Path& directory) {
  ReportData data;
  if (io::file_exists(directory / "comparison.json")) {
    read_comparison(directory, data);
  } else if (io::file_exists(directory / "manifest.json")) {
    const nlohmann::json manifest = io::read_json(directory / "manifest.json");
    data.title = manifest.at("title");
    data.description = manifest.value("description", "");
    data.runs.push_back(read_run(directory, false));
  } else {
    throw DataError(fmt::format("{} holds neither a run (manifest.json) nor a comparison (comparison.json)",
                                directory.string()));
  }
  if (data.runs.empty()) throw DataError(fmt::format("no run of {} has begun", directory.string()));
  if (has_protocol(directory)) {
    data.protocol = read_protocol_record(directory);
    for (RunData& r : data.runs) {
      for (const ModelOutcome& m : data.protocol->result.models) {
        if (m.label == r.label) r.wall_seconds = m.wall_seconds;
      }
    }
  }
  read_expectations(directory, data);
  return data;
}

}  // namespace

io::Path write_report(const io::Path& directory) {
  const io::Path path = directory / "report.html";
  io::write_atomically(path, render_report(read_report_data(directory)));
  return path;
}

}  // namespace apical
