// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/spiking_experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "apical/core/stored_name.h"
#include "apical/experiment/expectation.h"
#include "apical/experiment/experiment.h"
#include "apical/experiment/start_fields.h"
#include "apical/experiment/toml/course_toml.h"
#include "apical/experiment/toml/field_toml.h"
#include "apical/experiment/toml/single_precision.h"
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
  SpikeRecordOptions o{.request = e.record,
                       .populations = recordable(e.circuit),
                       .seeds = e.part_of.empty() ? e.seeds.size() : e.part_of.size(),
                       .end_s = e.course.duration_s()};
  read_fields(t, o);
  e.record = o.request;
  t.finish();
}

/// What a file says of circuit and course itself, beside or instead of a recipe.
constexpr std::array kOwnParts = {"circuit", "population", "projection", "background", "edit",
                                  "course",  "samples",    "teacher",    "stimulus",   "stage"};

std::vector<std::string> own_parts(const TomlReader& root) {
  std::vector<std::string> out;
  std::copy_if(kOwnParts.begin(), kOwnParts.end(), std::back_inserter(out),
               [&](const char* key) { return root.has(key); });
  return out;
}

/// The recipe's parts, or none.
void read_parts(TomlReader& root, SpikingExperiment& e) {
  if (root.has("model")) {
    TomlReader model = root.table("model");
    StartOptions start;
    read_fields(model, start);
    e.start_from = start.start_from;
    if (model.has("name") || !says_neurons_spike(root)) {
      read_model(model, e);
    } else {
      model.finish();
    }
    if (e.course.protocol && !e.start_from.empty())
      throw ConfigError(
          fmt::format("model '{}' is a protocol of its own without a network: it has no weights", e.model),
          model.place("start_from"), "leave it out");
  }
  const std::vector<std::string> own = own_parts(root);
  if (e.course.protocol) {
    if (own.empty()) return;
    throw ConfigError(fmt::format("'{}' does not go with model '{}', a protocol of its own without a network",
                                  own.front(), e.model),
                      root.place(own.front()), "leave it out");
  }
  // What the recipe's description says need not be true of what became of it.
  if (!e.model.empty() && !own.empty())
    e.about = fmt::format("{}, changed by this file ({})", e.model, join_names(own));
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
  limit_to_single_precision(root, "neurons that spike are simulated in single precision");
  SpikingExperiment e;
  e.title = root.text("title", "");
  e.description = root.text("description", "");
  e.label = root.text("label", "");
  root.placing([&] { require_one_line(e.label, "the label", "label"); });
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
    CourseTraining options{e.course.epochs};
    read_fields(training, options);
    e.course.epochs = options.epochs;
    training.finish();
  } else if (root.has("training")) {
    throw ConfigError(fmt::format("'{}' has no training: no stage of its course is of an epoch", name_of(e)),
                      root.place("training"), "leave [training] out");
  }
  TomlReader run_table = root.table("run");
  const RunSettings run = read_run(run_table, {.chooses_precision = false});
  e.seeds = run.seeds;
  e.part_of = run.part_of;
  e.checkpoint_every_s = run.checkpoint_every_s;
  TomlReader record = root.table("record");
  read_record(record, e);
  if (e.label.empty()) e.label = name_of(e);
  if (e.title.empty()) e.title = e.label;
  e.tuned = read_tuned(root);
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
  if (!e.start_from.empty()) out += fmt::format("\n[model]\nstart_from = {}\n", toml_quoted(e.start_from));
  if (e.course.trains()) out += fmt::format("\n[training]\nepochs = {}\n", e.course.epochs);
  return out + fmt::format("\n[run]\nseeds = [{}]\n", fmt::join(e.seeds, ", "));
}

}  // namespace apical
