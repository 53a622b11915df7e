// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/core/build_info.h"
#include "apical/io/hdf5.h"
#include "apical/io/json.h"
#include "apical/report/compose/protocol_report.h"
#include "apical/run/protocol_run.h"

namespace apical {
namespace {

nlohmann::json interval_json(const MeanInterval& i) {
  nlohmann::json j{{"mean", io::json_number(i.mean)}, {"n", i.n}};
  if (i.has_bounds()) {
    j["low95"] = io::json_number(i.low);
    j["high95"] = io::json_number(i.high);
  }
  return j;
}

nlohmann::json summary_of(const std::vector<ProbedModel>& models, const ProtocolResult& result) {
  nlohmann::json s;
  s["schema"] = "apical-protocol/1";
  s["title"] = models.front().experiment.title;
  s["question"] = models.front().protocol.question;
  s["control"] = models.front().protocol.control;
  s["seeds"] = models.front().experiment.seeds;
  s["apical"] = {
      {"version", build_info().version}, {"revision", build_info().revision}, {"numerics", kNumericsVersion}};
  s["models"] = nlohmann::json::array();
  s["contrasts"] = nlohmann::json::array();
  for (std::size_t i = 0; i < models.size(); ++i) {
    const ModelOutcome& m = result.models[i];
    s["models"].push_back(
        {{"label", m.label}, {"model", models[i].experiment.model}, {"wall_seconds", m.wall_seconds}});
    for (const Contrast& e : m.contrasts) {
      s["contrasts"].push_back({{"model", m.label},
                                {"measure", e.measure},
                                {"condition", e.condition},
                                {"epochs", e.epochs},
                                {"control", interval_json(e.control_interval())},
                                {"value", interval_json(e.value_interval())},
                                {"difference", interval_json(e.difference())},
                                {"distinct", e.is_distinct()},
                                {"by_seed", {{"control", e.control}, {"value", e.value}}}});
    }
  }
  return s;
}

void write_results(const std::vector<ProbedModel>& models, const ProtocolResult& result,
                   const io::Path& path) {
  const io::Path temporary = io::temporary_name(path);
  try {
    io::hdf5::File file = io::hdf5::File::create(temporary);
    const auto write = [&](const std::string& at, std::vector<std::uint64_t> dims,
                           std::span<const double> values) {
      file.create_dataset(at, {.element = io::Element::f64, .dims = std::move(dims)})
          .write_rows(0, std::as_bytes(values));
    };
    file.set_attribute("/", "title", models.front().experiment.title);
    file.set_attribute("/", "apical_version", build_info().version);
    file.set_attribute("/", "apical_revision", build_info().revision);
    file.set_attribute("/", "dt_ms", models.front().experiment.circuit().dt_ms);
    write("time", {result.time_ms.size()}, result.time_ms);
    file.set_attribute("time", "units", std::string("ms"));
    file.set_attribute("time", "description", std::string("from the onset of the stimulus"));
    std::vector<double> seeds(models.front().experiment.seeds.begin(), models.front().experiment.seeds.end());
    write("seeds", {seeds.size()}, seeds);
    for (std::size_t i = 0; i < models.size(); ++i) {
      for (const Trace& t : result.models[i].traces) {
        const std::string group =
            fmt::format("{}/epochs-{}/{}/{}", directory_name(models[i].experiment.label), t.epochs,
                        directory_name(t.condition), directory_name(t.measure));
        write(group + "/mean", {t.mean.rows(), t.mean.cols()}, t.mean.flat());
        file.set_attribute(group + "/mean", "units", std::string("1"));
        file.set_attribute(group + "/mean", "description",
                           fmt::format("{}, condition {}: [seed][time], mean over neurons and trials",
                                       t.measure, t.condition));
        if (t.units.empty()) continue;
        std::vector<double> all;
        for (const Matrix<double>& m : t.units) all.insert(all.end(), m.flat().begin(), m.flat().end());
        write(group + "/units", {t.units.size(), t.units.front().rows(), t.units.front().cols()}, all);
        file.set_attribute(group + "/units", "units", std::string("1"));
        file.set_attribute(group + "/units", "description",
                           std::string("single neurons: [seed][time][neuron], mean over trials"));
      }
    }
    file.close();
    io::rename_file(temporary, path);
  } catch (...) {
    io::try_remove_file(temporary);
    throw;
  }
}

}  // namespace

void write_protocol(const std::vector<ProbedModel>& models, const ProtocolResult& result,
                    const io::Path& directory) {
  for (const ProbedModel& m : models) {
    const io::Path to = directory / directory_name(m.experiment.label);
    io::make_directories(to);
    io::write_atomically(to / "experiment.toml", m.experiment.resolved);
  }
  write_results(models, result, directory / "results.h5");
  io::write_atomically(directory / "report.html", render_protocol_report(models, result));
  // Last: where it stands, all is there.
  io::write_atomically(directory / "summary.json", io::json_text(summary_of(models, result)));
}

}  // namespace apical
