// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/analysis/display.h"
#include "apical/core/build_info.h"
#include "apical/experiment/directory_name.h"
#include "apical/io/hdf5.h"
#include "apical/io/json.h"
#include "apical/run/protocol_run.h"
#include "apical/run/seals.h"

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

std::string group_of(const std::string& label, const Trace& t) {
  return fmt::format("{}/epochs-{}/{}/{}", directory_name(label), t.epochs, directory_name(t.condition),
                     directory_name(t.measure));
}

nlohmann::json index_of(const std::vector<ProbedModel>& models) {
  const ProbedModel& first = models.front();
  nlohmann::json index{{"schema", "apical-comparison/1"},
                       {"title", first.experiment.title},
                       {"description", first.experiment.description},
                       {"question", first.protocol.question}};
  for (const ProbedModel& m : models) index["runs"].push_back(directory_name(m.experiment.label));
  return index;
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
  for (const Condition& c : models.front().protocol.conditions) s["conditions"].push_back(c.name);
  s["models"] = s["measures"] = s["traces"] = nlohmann::json::array();
  s["contrasts"] = nlohmann::json::array();
  for (std::size_t i = 0; i < models.size(); ++i) {
    const ModelOutcome& m = result.models[i];
    s["models"].push_back(
        {{"label", m.label}, {"model", models[i].experiment.model}, {"wall_seconds", m.wall_seconds}});
    for (const Measure& measure : models[i].protocol.measures) {
      nlohmann::json one{{"model", m.label},
                         {"name", measure.name},
                         {"variable", measure.variable},
                         {"reduce", name_of(measure.reduce)},
                         {"from_ms", measure.from_ms},
                         {"until_ms", measure.until_ms},
                         {"populations", nlohmann::json::array()}};
      for (const PopulationId p : measure.populations)
        one["populations"].push_back(models[i].experiment.circuit()[p].name);
      s["measures"].push_back(std::move(one));
    }
    for (const Trace& t : m.traces) {
      s["traces"].push_back({{"model", m.label},
                             {"measure", t.measure},
                             {"condition", t.condition},
                             {"epochs", t.epochs},
                             {"group", group_of(m.label, t)}});
    }
    for (const Contrast& e : m.contrasts) {
      s["contrasts"].push_back({{"model", m.label},
                                {"measure", e.measure},
                                {"condition", e.condition},
                                {"epochs", e.epochs},
                                {"control", interval_json(e.control_interval())},
                                {"value", interval_json(e.value_interval())},
                                {"difference", interval_json(e.difference())},
                                {"distinct", e.is_distinct()},
                                {"possible", range_json(e.possible)},
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
    if (!result.time_ms.empty()) {
      file.set_attribute("/", "dt_ms", models.front().protocol.dt_ms);
      write("time", {result.time_ms.size()}, result.time_ms);
      file.set_attribute("time", "units", std::string("ms"));
      file.set_attribute("time", "description", std::string("from the onset of the stimulus"));
    }
    std::vector<double> seeds(models.front().experiment.seeds.begin(), models.front().experiment.seeds.end());
    write("seeds", {seeds.size()}, seeds);
    for (std::size_t i = 0; i < models.size(); ++i) {
      for (const Trace& t : result.models[i].traces) {
        const std::string group = group_of(models[i].experiment.label, t);
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

void write_protocol_index(const std::vector<ProbedModel>& models, const io::Path& directory) {
  io::write_atomically(directory / "comparison.json", io::json_text(index_of(models)));
}

void write_protocol(const std::vector<ProbedModel>& models, const ProtocolResult& result,
                    const io::Path& directory) {
  write_results(models, result, directory / "results.h5");
  // Last: where it stands, all is there.
  nlohmann::json summary = summary_of(models, result);
  add_seals(summary, directory);
  io::write_atomically(directory / "summary.json", io::json_text(sealed(std::move(summary))));
}

bool has_protocol(const io::Path& directory) {
  return io::file_exists(directory / "summary.json") &&
         io::read_json(directory / "summary.json").contains("contrasts");
}

ProtocolRecord read_protocol_record(const io::Path& directory) {
  require_intact(directory, {"results.h5"});
  const nlohmann::json s = io::read_json(directory / "summary.json");
  ProtocolRecord r{.control = s.at("control"), .conditions = s.at("conditions"), .seeds = s.at("seeds")};
  for (const nlohmann::json& m : s.at("measures")) {
    r.measures.push_back({.model = m.at("model"),
                          .name = m.at("name"),
                          .variable = m.at("variable"),
                          .magnitude = m.at("reduce") == name_of(Measure::Reduce::magnitude),
                          .populations = m.at("populations"),
                          .from_ms = m.at("from_ms"),
                          .until_ms = m.at("until_ms")});
  }
  const io::hdf5::File file = io::hdf5::File::open(directory / "results.h5");
  if (file.contains("time")) r.result.time_ms = file.dataset("time").read<double>();
  for (const nlohmann::json& m : s.at("models")) {
    ModelOutcome& out = r.result.models.emplace_back();
    out.label = m.at("label");
    out.wall_seconds = m.at("wall_seconds");
    for (const nlohmann::json& c : s.at("contrasts")) {
      if (c.at("model") != out.label) continue;
      Contrast& contrast = out.contrasts.emplace_back();
      contrast.measure = c.at("measure");
      contrast.condition = c.at("condition");
      contrast.epochs = c.at("epochs");
      if (c.contains("possible")) contrast.possible = read_range(c.at("possible"));
      for (const nlohmann::json& v : c.at("by_seed").at("control"))
        contrast.control.push_back(io::number_of(v, "control"));
      for (const nlohmann::json& v : c.at("by_seed").at("value"))
        contrast.value.push_back(io::number_of(v, "value"));
    }
    for (const nlohmann::json& t : s.at("traces")) {
      if (t.at("model") != out.label) continue;
      const io::hdf5::Dataset stored = file.dataset(t.at("group").get<std::string>() + "/mean");
      const std::vector<double> values = stored.read<double>();
      Trace trace{t.at("measure"),
                  t.at("condition"),
                  t.at("epochs"),
                  Matrix<double>(stored.dims().at(0), stored.dims().at(1)),
                  {}};
      std::copy(values.begin(), values.end(), trace.mean.flat().begin());
      out.traces.push_back(std::move(trace));
    }
  }
  return r;
}

}  // namespace apical
