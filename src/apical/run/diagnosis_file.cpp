// SPDX-License-Identifier: Apache-2.0
#include "apical/run/diagnosis_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "apical/core/error.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"
#include "apical/run/metrics_file.h"
#include "apical/run/seals.h"

namespace apical {
namespace {

constexpr const char* kSchema = "apical-diagnosis/1";

io::Path diagnosis_in(const io::Path& run) { return run / "diagnosis.json"; }

nlohmann::json json_of(const Examination& x) {
  nlohmann::json j{{"figures", nlohmann::json::array()}, {"unknown", nlohmann::json::object()}};
  for (const Measurement& m : x.figures) {
    j["figures"].push_back(
        {{"where", m.where}, {"figure", m.metric}, {"seed", m.seed}, {"value", io::json_number(m.value)}});
  }
  for (const auto& [figure, why] : x.unknown) j["unknown"][figure] = why;
  if (!x.fault.empty()) j["fault"] = x.fault;
  if (!x.broken.empty()) j["broken"] = x.broken;
  return j;
}

Examination examination_of(const nlohmann::json& j) {
  Examination x;
  for (const nlohmann::json& f : j.at("figures")) {
    x.add(f.at("figure").get<std::string>(), f.at("where"), f.at("seed"),
          io::number_of(f.at("value"), "value"));
  }
  for (const auto& [figure, why] : j.at("unknown").items()) x.without(figure, why);
  x.fault = j.value("fault", "");
  x.broken = j.value("broken", "");
  return x;
}

/// The numerical fault that the run ended in, in a sentence.
std::string fault_in(const io::Path& run) {
  if (!io::file_exists(run / "events.ndjson")) return "";
  std::string out;
  for (const nlohmann::json& line : io::read_ndjson(run / "events.ndjson").lines) {
    const std::string event = line.at("event");
    if (event == "resumed" || event == "finished") out.clear();
    if (event != "numerical_fault") continue;
    out = fmt::format("{} of '{}' was not finite in unit {} at step {}, seed {}",
                      line.at("quantity").get<std::string>(), line.at("population").get<std::string>(),
                      line.at("unit").get<std::size_t>(), line.at("step").get<std::int64_t>(),
                      line.at("seed").get<std::uint64_t>());
  }
  return out;
}

}  // namespace

Evidence read_evidence(const io::Path& run) {
  require_intact(run);
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  Evidence e;
  e.seeds = manifest.at("seeds").get<std::vector<std::uint64_t>>();
  e.needs = manifest.value("needs", std::vector<std::string>{});
  if (io::file_exists(run / "metrics.ndjson")) e.measured = read_measurements(run);
  e.fault = fault_in(run);
  if (!io::file_exists(diagnosis_in(run))) return e;
  try {
    e.examination = examination_of(io::read_json(diagnosis_in(run)).at("examination"));
  } catch (const nlohmann::json::exception& wrong) {
    throw DataError(fmt::format("{}: {}", diagnosis_in(run).string(), wrong.what()));
  }
  return e;
}

void write_diagnosis(const io::Path& run, const Examination& examination) {
  Evidence evidence = read_evidence(run);
  evidence.examination = examination;
  nlohmann::json j{{"schema", kSchema}, {"findings", nlohmann::json::array()}};
  for (const Finding& f : diagnose(evidence))
    j["findings"].push_back({{"check", f.check}, {"verdict", name_of(f.verdict)}, {"measured", f.measured}});
  j["examination"] = json_of(examination);
  io::write_atomically(diagnosis_in(run), io::json_text(j));
}

std::vector<Finding> diagnose_run(const io::Path& run) { return diagnose(read_evidence(run)); }

std::vector<Finding> attention_to(const std::vector<Finding>& findings) {
  std::vector<Finding> out;
  std::copy_if(findings.begin(), findings.end(), std::back_inserter(out),
               [](const Finding& f) { return f.verdict == Verdict::attention; });
  return out;
}

}  // namespace apical
