// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/spiking_experiment.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/experiment/expectation.h"
#include "apical/experiment/experiment.h"
#include "apical/experiment/toml/course_toml.h"
#include "apical/experiment/toml/field_toml.h"
#include "apical/experiment/toml/spiking_circuit_toml.h"
#include "apical/experiment/toml/toml_text.h"
#include "apical/models/spiking_models.h"
#include "apical/procedure/course_measures.h"

namespace apical {
namespace {

void read_model(TomlReader& t, SpikingExperiment& e) {
  e.model = t.text("name");
  const models::SpikingModel& model = *models::find_spiking(e.model);
  e.citation = model.citation;
  e.about = model.description;
  models::Presets presets;
  for (const FieldInfo& p : model.presets)
    presets[p.name] = t.choice(p.name, p.choices, std::get<std::string>(p.default_value));
  auto recipe = model.recipe(presets);
  t.placing([&] {
    TomlFields reader(t);
    in_own_words([&] { fields(reader, recipe); });
  });
  t.finish();
  t.placing([&] {
    models::CircuitAndCourse both = in_own_words([&] { return recipe.build(); });
    e.circuit = std::move(both.circuit);
    e.course = std::move(both.course);
    if (!e.course.protocol) {
      spike::validate(e.circuit);
      check_course(e.course, e.circuit);
    }
  });
}

std::vector<std::string> recordable(const SpikingCircuit& circuit) {
  std::vector<std::string> out;
  for (const spike::NeuronGroup& g : circuit.groups) {
    if (!std::holds_alternative<spike::PoissonSource>(g.model)) out.push_back(g.name);
  }
  return out;
}

std::string name_of(const SpikingExperiment& e) {
  return !e.model.empty() ? e.model : e.circuit.name.empty() ? "spiking circuit" : e.circuit.name;
}

void read_record(TomlReader& t, SpikingExperiment& e) {
  SpikeRecordRequest& r = e.record;
  const std::vector<std::string> known = recordable(e.circuit);
  r.spikes = t.boolean("spikes", false);
  if (r.spikes && known.empty()) {
    throw ConfigError(
        fmt::format("'record.spikes': '{}' has no populations; its spikes are given", name_of(e)),
        t.place("spikes"), "leave it out");
  }
  if (r.spikes) {
    const double end_s = e.course.duration_s();
    r.from_s = t.number("from_s", 0.0);
    r.until_s = t.number("until_s", std::max(r.from_s, std::min(r.from_s + 1, end_s)));
    if (r.from_s >= end_s) {
      throw ConfigError(
          fmt::format(
              "spikes are to be recorded from {:g} s on; expected less than {:g}, when the course ends",
              r.from_s, end_s),
          t.place("from_s"));
    }
    if (r.until_s > end_s * (1 + 1e-9)) {
      throw ConfigError(
          fmt::format("spikes are to be recorded until {:g} s; expected at most {:g}, when the course ends",
                      r.until_s, end_s),
          t.place("until_s"));
    }
    if (r.from_s < 0 || !(r.until_s > r.from_s)) {
      throw ConfigError(
          fmt::format("spikes are to be recorded from {:g} to {:g} s; expected a stretch of time after 0",
                      r.from_s, r.until_s),
          t.place("until_s"));
    }
    r.populations = t.texts("populations", known);
    for (const std::string& p : r.populations) {
      if (std::find(known.begin(), known.end(), p) != known.end()) continue;
      throw ConfigError(fmt::format("'record.populations' names '{}'", p), t.place("populations"),
                        suggestion(p, known));
    }
    r.seeds = static_cast<std::size_t>(t.integer("seeds", 1, 1, static_cast<std::int64_t>(e.seeds.size())));
  } else {
    for (const char* key : {"from_s", "until_s", "populations", "seeds"}) {
      if (t.has(key))
        throw ConfigError(fmt::format("'record.{}' belongs to spikes, which are not recorded", key),
                          t.place(key), "add spikes = true");
    }
  }
  if (!known.empty()) {
    r.raster_neurons = static_cast<std::size_t>(t.integer("raster_neurons", 20, 0, 200));
    r.raster_s = t.number("raster_s", 0.5);
    if (!(r.raster_s > 0))
      throw ConfigError(fmt::format("'record.raster_s' is {:g}; expected more than 0", r.raster_s),
                        t.place("raster_s"));
  }
  t.finish();
}

/// The recipe's parts, or none.
void read_parts(TomlReader& root, SpikingExperiment& e) {
  if (root.has("model")) {
    TomlReader model = root.table("model");
    read_model(model, e);
  }
  if (e.course.protocol) {
    for (const char* key : {"circuit", "population", "projection", "background", "edit", "course", "samples",
                            "teacher", "stimulus", "stage"}) {
      if (!root.has(key)) continue;
      throw ConfigError(
          fmt::format("'{}' does not go with model '{}', a protocol of its own without a network", key,
                      e.model),
          root.place(key), "leave it out");
    }
    return;
  }
  read_spiking_circuit(root, e.circuit);
  if (e.circuit.groups.empty())
    throw ConfigError(
        "a circuit of spiking neurons needs populations", root.place("circuit"),
        "add [[population]] with name, kind and size, or [model] with name = \"burstprop-xor\"");
  read_course(root, e.circuit, e.course);
  if (e.course.stages.empty())
    throw ConfigError("nothing is done to this circuit: it has no course", root.place("circuit"),
                      "add [[stage]] with [[stage.phase]]");
  root.at("edit", [&] { check_course(e.course, e.circuit); });
}

}  // namespace

bool is_spiking(const TomlDocument& document) {
  TomlReader root(document);
  if (says_neurons_spike(root)) return true;
  if (root.kind("model") != TomlKind::table) return false;
  TomlReader model = root.table("model");
  return model.kind("name") == TomlKind::text && models::find_spiking(model.text("name")) != nullptr;
}

SpikingExperiment read_spiking_experiment(
    const TomlDocument& document, const std::function<void(TomlReader&, const SpikingExperiment&)>& more) {
  TomlReader root(document);
  SpikingExperiment e;
  e.title = root.text("title", "");
  e.description = root.text("description", "");
  e.label = root.text("label", "");
  e.reference = root.boolean("reference", false);
  for (const char* key : {"task", "variant", "sweep"}) {
    if (!root.has(key)) continue;
    throw ConfigError(fmt::format("'{}' does not go with spiking neurons: their experiment brings its own "
                                  "circuit, stimuli and course",
                                  key),
                      root.place(key), "leave it out; stimuli are [[stimulus]] or [samples]");
  }
  read_parts(root, e);
  if (e.course.trains()) {
    TomlReader training = root.table("training");
    e.course.epochs = static_cast<std::size_t>(
        training.integer("epochs", static_cast<std::int64_t>(e.course.epochs), 0, 1'000'000));
    training.finish();
  } else if (root.has("training")) {
    throw ConfigError(fmt::format("'{}' has no training: no stage of its course is of an epoch", name_of(e)),
                      root.place("training"), "leave [training] out");
  }
  TomlReader run_table = root.table("run");
  const RunSettings run = read_run(run_table, {.chooses_precision = false});
  e.seeds = run.seeds;
  e.checkpoint_every_s = run.checkpoint_every_s;
  TomlReader record = root.table("record");
  read_record(record, e);
  if (e.label.empty()) e.label = name_of(e);
  if (e.title.empty()) e.title = e.label;
  if (more) more(root, e);
  read_reproduction(document);
  root.read_elsewhere("reproduces");
  root.read_elsewhere("expect");
  root.finish();
  e.resolved = root.resolved();
  return e;
}

std::string spiking_experiment_toml(const SpikingExperiment& e) {
  const std::string course = course_toml(e.course);  // first, for a course that cannot be written says so
  std::string out = fmt::format("title = {}\n", toml_quoted(e.title));
  if (!e.about.empty()) out += fmt::format("description = {}\n", toml_quoted(e.about));
  out += fmt::format("\n{}\n{}", circuit_toml(e.circuit), course);
  if (e.course.trains()) out += fmt::format("\n[training]\nepochs = {}\n", e.course.epochs);
  return out + fmt::format("\n[run]\nseeds = [{}]\n", fmt::join(e.seeds, ", "));
}

}  // namespace apical
