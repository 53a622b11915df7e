// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/read_run.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "apical/experiment/toml/circuit_toml.h"
#include "apical/experiment/toml/spiking_circuit_toml.h"
#include "apical/io/hdf5.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"
#include "apical/io/png.h"
#include "apical/run/diagnosis_file.h"
#include "apical/run/efficiency.h"
#include "apical/run/fault_record.h"
#include "apical/run/metrics_file.h"
#include "apical/run/seals.h"

namespace apical {
namespace {

// Of a recorded variable; lines of more cannot be told apart, and no screen has more columns.
constexpr std::size_t kUnitsDrawn = 5;
constexpr std::uint64_t kRowsDrawn = 1500;

/// Populations and projections as they were simulated, drawn.
std::optional<DrawnCircuit> draw_file(const io::Path& file, const std::string& name) {
  if (!io::file_exists(file)) return {};
  const TomlDocument document = TomlDocument::parse(io::read_text(file), file.string());
  TomlReader root(document);
  const auto drawing = [&] {
    if (says_neurons_spike(root)) {
      SpikingCircuit circuit;
      read_spiking_circuit(root, circuit);
      return draw(circuit);
    }
    Circuit circuit;
    read_populations_and_projections(root, circuit);
    return draw(circuit);
  };
  DrawnCircuit drawn = drawing();
  drawn.name = name;
  return drawn;
}

/// Before the first episode has ended there is no return, nor what is learned from it.
std::vector<Measurement> without_empty_training(std::vector<Measurement> rows) {
  std::set<std::pair<double, std::uint64_t>> empty;
  for (const Measurement& m : rows) {
    if (m.where == "train" && m.metric == "episodes" && m.value == 0) empty.emplace(m.epoch, m.seed);
  }
  std::erase_if(rows, [&](const Measurement& m) {
    return m.where == "train" && m.metric != "steps_to_solve" && empty.contains({m.epoch, m.seed});
  });
  return rows;
}

void read_facts(const nlohmann::json& m, RunData& r) {
  r.label = m.at("label");
  r.model = m.value("model", "");
  if (r.model.empty()) r.model = "circuit of the user's own";
  r.citation = m.value("citation", "");
  r.reference = m.value("reference", false);
  r.seeds = m.at("seeds").size();
  r.task = m.value("task", "");
  r.task_description = m.value("task_description", "");
  r.task_citation = m.value("task_citation", "");
  r.data_provenance = m.value("data_provenance", "");
  r.training_samples = m.value("training_samples", 0.0);
  r.raster_neurons = m.value("raster_neurons", 0U);
  r.seed_draws = m.value("seed_draws", "");
  if (m.contains("rewards")) {
    r.x_label = "environment steps";
    r.x_per_epoch = r.training_samples;
    r.solved = m.at("rewards").at("solved").get<double>();
  }
  for (const nlohmann::json& p : m.value("method", nlohmann::json::array()))
    r.method.emplace_back(p.at("title"), p.at("text"));
  for (const nlohmann::json& i : m.value("ingredients", nlohmann::json::array()))
    r.needs.push_back({i.at("name"), i.at("needed"), i.at("reason")});
  for (const nlohmann::json& d : m.value("drives", nlohmann::json::array()))
    r.drives.push_back({d.at("segment"), d.at("population"),
                        d.at("into") == "soma" ? course::CellPart::soma : course::CellPart::dendrite,
                        d.at("from_s"), d.at("until_s"), d.at("constant_A"), d.at("amplitude_A"),
                        d.at("period_s")});
  if (m.contains("display")) r.display = read_display(m.at("display"));
  for (const auto& [key, name] : {std::pair{"apical", "version"},
                                  {"apical", "revision"},
                                  {"apical", "compiler"},
                                  {"apical", "build"},
                                  {"machine", "instruction_set"}}) {
    r.provenance.emplace_back(name, m.at(key).at(name).get<std::string>());
  }
  r.provenance.emplace_back("threads", fmt::format("{}", m.at("machine").at("threads").get<std::size_t>()));
  r.provenance.emplace_back("precision", m.at("precision"));
  r.provenance.emplace_back("created", m.at("created"));
}

}  // namespace

RunData read_run(const io::Path& run, bool is_finished) {
  RunData r;
  require_intact(run, {"results.h5"});
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  read_facts(manifest, r);
  r.experiment_toml = io::read_text(run / "experiment.toml");
  r.circuit = draw_file(run / "circuit.toml", r.label);
  if (io::file_exists(run / "metrics.ndjson")) r.measured = without_empty_training(read_measurements(run));
  if (io::file_exists(run / "events.ndjson")) {
    for (const nlohmann::json& line : io::read_ndjson(run / "events.ndjson").lines) {
      if (line.at("event") == "epoch" && line.contains("seconds"))
        r.epoch_seconds.emplace_back(line.at("epoch"), io::number_of(line.at("seconds"), "seconds"));
    }
  }
  if (io::file_exists(run / "diagnosis.json")) {
    for (const Finding& f : attention_to(diagnose_run(run))) {
      if (f.check != "single seed")
        r.warnings.push_back({"", in_words(f)});  // the page says that of all runs at once
    }
  }
  if (io::file_exists(run / "summary.json")) {
    r.wall_seconds = io::read_json(run / "summary.json").at("wall_seconds");
    if (manifest.contains("cost_per_sample")) {
      const Efficiency took = read_efficiency(run);
      r.cost = LearningCost{took.samples_to_95, took.seconds_per_epoch, took.cost.synaptic_events,
                            took.cost.weight_reads, took.cost.weight_writes};
    }
    if (io::file_exists(run / "results.h5")) {
      if (io::hdf5::File::open(run / "results.h5").contains("seeds"))
        r.activity = read_spiking_results(run / "results.h5");
      else
        r.recordings = read_recordings(run / "results.h5", kUnitsDrawn, kRowsDrawn);
    }
  } else if (!is_finished) {
    r.warnings.push_back({"", io::file_exists(fault_state_file(run))
                                  ? "this run ended in a numerical fault; events.ndjson says where"
                                  : "this run has not finished"});
  }
  if (io::file_exists(run / "pictures" / "outputs.png")) {
    const auto row = [&](const char* file) { return io::base64(io::read_file(run / "pictures" / file)); };
    r.pictures = {row("targets.png"), row("outputs.png")};
  }
  return r;
}

}  // namespace apical
