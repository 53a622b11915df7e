// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <set>

#include "apical/core/stored_name.h"
#include "apical/core/time_grid.h"
#include "apical/experiment/expectation.h"
#include "apical/experiment/measurable.h"
#include "apical/experiment/spiking_experiment.h"
#include "apical/experiment/start_fields.h"
#include "apical/experiment/toml/circuit_toml.h"
#include "apical/experiment/toml/field_toml.h"
#include "apical/experiment/toml/model_toml.h"
#include "apical/experiment/toml/reward_toml.h"
#include "apical/experiment/toml/single_precision.h"
#include "apical/learning/exact_gradient.h"
#include "apical/learning/layered_state.h"
#include "apical/learning/training_fields.h"
#include "apical/learning/trial_alignment.h"
#include "apical/procedure/course_samples.h"
#include "apical/tasks/representable.h"

namespace apical {
namespace {

/// A seed that is not given is that of each replica, and no part of the resolved experiment.
class TaskReader final : public TomlFields {
 public:
  explicit TaskReader(TomlReader& table) : TomlFields(table), table_(table) {}
  bool seed_given = true;

 protected:
  void visit(const Field& f, FieldValue& value) override {
    if (f.name == "seed" && !table_.has("seed")) {
      seed_given = false;
    } else {
      TomlFields::visit(f, value);
    }
  }

 private:
  TomlReader& table_;
};

void read_task(TomlReader& t, Experiment& e) {
  const std::string name = t.text("name");
  const TaskInfo& info = t.at("name", [&]() -> const TaskInfo& { return find_task(name); });
  e.task = info.name;
  TaskRecipe recipe = info.recipe;
  t.placing([&] {
    TaskReader reader(t);
    fields(reader, recipe);
    e.task_seed_given = reader.seed_given;
  });
  e.task_parameters = values_of(recipe);
  t.finish();
}

/// How a policy learns from reward, if that is what the task gives.
void read_reward(TomlReader& root, const ModelChoice& policy, Experiment& e) {
  if (!find_task(e.task).rewards) {
    for (const char* table : {"reward", "value"}) {
      if (!root.has(table)) continue;
      throw ConfigError(
          fmt::format("'{}' does not go with task '{}', which has targets and no reward", table, e.task),
          root.place(table), "leave it out, or choose a task that rewards: cart-pole-v1");
    }
    return;
  }
  if (!e.is_layered()) {
    throw ConfigError(
        fmt::format("task '{}' answers actions with reward, from which layered networks learn; this is a {}",
                    e.task, e.is_circuit() ? "circuit" : "recurrent network"),
        root.place("model"), "'apical models' lists both");
  }
  TomlReader reward = root.table("reward"), value = root.table("value");
  e.reward = RewardSettings{read_reward_plan(reward), read_value_network(value, policy)};
  check_rules(reward, *e.reward, std::get<models::LayeredNetwork>(e.subject));
}

/// Keys that a circuit has and a layered network has not.
void refuse_circuit_parts(TomlReader& root, const std::string& model) {
  for (const char* key : {"circuit", "population", "projection", "edit"}) {
    if (root.kind(key) == TomlKind::absent) continue;
    throw ConfigError(
        fmt::format("'{}' belongs to circuits, and model '{}' is a {} network without populations", key,
                    model, models::find_recurrent(model) != nullptr ? "recurrent" : "layered"),
        root.place(key), "leave it out, or choose a microcircuit; 'apical models' lists both");
  }
}

/// A model that is misspelled is what is wrong, rather than what a known one would lack.
void check_model_name(TomlReader& root) {
  if (root.kind("model") != TomlKind::table) return;
  TomlReader model = root.table("model");
  if (model.kind("name") != TomlKind::text) return;
  const std::string name = model.text("name");
  if (models::find_layered(name) == nullptr && models::find_recurrent(name) == nullptr)
    model.at("name", [&]() -> const models::Model& { return models::find(name); });
}

/// A run can stop between samples, not within one.
void check_steps(const PresentationOptions& options, double dt_ms) {
  constexpr double kMostSteps = 1e6;
  if (options.sequences || options.presentation.presentation_ms <= kMostSteps * dt_ms) return;
  throw FieldError("presentation_ms",
                   fmt::format("is {:g}, {:.3g} steps of {:g} ms for each sample; expected at most {:g}",
                               options.presentation.presentation_ms,
                               options.presentation.presentation_ms / dt_ms, dt_ms, kMostSteps * dt_ms),
                   "shorten it, or choose a longer model.dt_ms");
}

void read_training(TomlReader& t, Experiment& e) {
  const TaskInfo task = e.task_info();
  ContinueOptions goes_on;
  read_fields(t, goes_on);
  e.continue_from = goes_on.continue_from;
  TrainingOptions training(task, e.reward ? e.reward->plan.steps_per_iteration() : 0);
  read_fields(t, training);
  e.plan = training.plan;
  if (!e.is_circuit()) return;
  if (e.plan.align_every > 0 || !e.plan.align_epochs.empty()) {
    t.at(e.plan.align_every > 0 ? "align_every" : "align_epochs", [&] {
      if (task.sequences) {
        check_has_gradient_through_time(e.circuit());
      } else {
        check_has_gradient(e.circuit());
      }
    });
  }
  PresentationOptions presentation(task, e.circuit().dt_ms, forward_depth(e.circuit()));
  read_fields(t, presentation);
  e.presentation = t.placing([&] {
    check_steps(presentation, e.circuit().dt_ms);
    return presentation.of(e.circuit());
  });
}

/// The same value whatever the neurons are like.
Experiment of_spiking(SpikingExperiment s) {
  Experiment e;
  e.title = s.title;
  e.description = s.description;
  e.label = s.label;
  e.reference = s.reference;
  e.model = s.model;
  e.citation = s.citation;
  e.start_from = s.start_from;
  if (s.course.samples) {
    e.task = s.course.samples->task;
    e.task_parameters = values_of(task_of(*s.course.samples));
  }
  e.plan.epochs = s.course.epochs;
  e.seeds = s.seeds;
  e.part_of = s.part_of;
  e.checkpoint_every_s = s.checkpoint_every_s;
  e.tuned = s.tuned;
  e.resolved = s.resolved;
  e.subject = std::move(s);
  return e;
}

/// Times of a circuit are on its grid, and names are its own.
void check_record(TomlReader& t, const RecordRequest& r, const Circuit& c) {
  if (r.projection.empty()) {
    t.at("population", [&] { return c.population(r.population); });
  } else {
    t.at("projection", [&] { return c.projection(r.projection); });
  }
  t.placing([&] {
    if (r.every_ms < c.dt_ms)
      throw FieldError("every_ms",
                       fmt::format("is {}; expected at least the time step of {} ms", r.every_ms, c.dt_ms));
    check_on_grid("every_ms", r.every_ms, {c.dt_ms, "the circuit's time step", "ms"});
  });
}

/// Of a network that has these: names of areas, or of projections.
void check_recorded(TomlReader& t, const RecordRequest& r, const std::vector<std::string>& names) {
  const bool area = r.projection.empty();
  const std::string& name = area ? r.population : r.projection;
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  throw ConfigError(fmt::format("unknown {} '{}'", area ? "area" : "projection", name),
                    t.place(area ? "population" : "projection"), suggestion(name, names));
}

void check_record(TomlReader& t, const RecordRequest& r, const models::LayeredNetwork& network) {
  const bool area = r.projection.empty();
  std::vector<std::string> names;
  for (const Parameter& p : parameters_of(network.network)) {
    if (p.from.empty() == area) names.push_back(area ? p.to : p.name);
  }
  check_recorded(t, r, names);
}

void check_record(TomlReader& t, const RecordRequest& r, const models::RecurrentNetwork& network) {
  std::vector<std::string> projections{"input->a1", "a1->a1", "a1->a2"};
  if (recurrent::has_feedback_of_its_own(network.rule)) projections.emplace_back("a2->a1");
  check_recorded(t, r, r.projection.empty() ? std::vector<std::string>{"a1", "a2"} : projections);
}

void check_record(TomlReader&, const RecordRequest&, const SpikingExperiment&) {
}  // has a [record] of its own

RecordRequest read_record(TomlReader& t, const Experiment& e) {
  RecordRequest r;
  r.layered = !e.is_circuit();
  r.every_ms = e.presentation.presentation_ms;
  read_fields(t, r);
  std::visit([&](const auto& subject) { check_record(t, r, subject); }, e.subject);
  t.placing([&] {
    if (r.replicas > e.seeds_of_all_parts())
      throw FieldError("seeds", fmt::format("is {}; expected at most the {} there are", r.replicas,
                                            e.seeds_of_all_parts()));
  });
  t.finish();
  return r;
}

}  // namespace

namespace {
/// A count of seeds stands for 1 … n.
class RunReader final : public TomlFields {
 public:
  explicit RunReader(TomlReader& table) : TomlFields(table), table_(table) {}

 protected:
  void visit(const Field& f, FieldValue& value) override {
    if (f.name != "seeds" || table_.kind("seeds") != TomlKind::number) return TomlFields::visit(f, value);
    constexpr std::int64_t kMostSeeds = 100'000;
    try {
      std::vector<double> seeds(static_cast<std::size_t>(table_.integer("seeds", {}, 1, kMostSeeds)));
      std::iota(seeds.begin(), seeds.end(), 1.0);
      value = std::move(seeds);
    } catch (const ConfigError& e) {
      throw ConfigError(e.bare_message(), e.place(),
                        "one number is how many; seed 42 alone is [42], or --seeds 42,");
    }
  }

 private:
  TomlReader& table_;
};
}  // namespace

RunSettings read_run(TomlReader& t, RunSettings options) {
  t.placing([&] {
    RunReader reader(t);
    fields(reader, options);
  });
  t.finish();
  return options;
}

namespace {

/// Known before [run] is read; what is wrong there is told then.
Precision precision_of(const TomlDocument& document) {
  TomlReader root(document);
  if (root.kind("run") != TomlKind::table) return Precision::single;
  TomlReader run = root.table("run");
  const bool twofold = run.kind("precision") == TomlKind::text && run.text("precision") == "double";
  return twofold ? Precision::twofold : Precision::single;
}

/// Where a table stands whose name is nearly that of one that is missing.
std::optional<Place> near_table(const TomlReader& root, std::string_view wanted) {
  const std::string near = nearest_name(wanted, root.keys());
  return near.empty() ? std::nullopt : std::optional(root.place(near));
}

}  // namespace

std::vector<std::shared_ptr<const Dataset>> Experiment::make_data(const Resources& resources) const {
  std::vector<std::shared_ptr<const Dataset>> data;
  for (std::uint64_t seed : seeds) {
    if (task_seed_given && !data.empty()) {
      data.push_back(data.front());
      continue;
    }
    TaskParameters p = task_parameters;
    if (!task_seed_given) p.set("seed", seed);
    data.push_back(std::make_shared<const Dataset>(make_dataset(task, p, resources)));
    require_representable(*data.back(), !double_precision);
  }
  return data;
}

namespace {

std::map<std::string, Place> places_in(const TomlDocument& document) {
  TomlReader root(document);
  std::map<std::string, Place> out;
  for (const char* model : {"population", "model"}) {
    if (root.has(model)) out["model"] = root.place(model);
  }
  for (const char* name : {"task", "training", "circuit", "model"}) {
    if (root.kind(name) != TomlKind::table) continue;
    const TomlReader table = root.table(name);
    for (const std::string& key : table.keys()) out[key] = table.place(key);
  }
  return out;
}

}  // namespace

Experiment read_experiment(const TomlDocument& document,
                           const std::function<void(TomlReader&, const Experiment&)>& more) {
  TomlReader root(document);
  for (const char* many : {"variant", "sweep"}) {
    if (!root.has(many) || root.has("protocol")) continue;
    throw ConfigError(fmt::format("this file describes several experiments ('{}'), not one", many),
                      root.place(many), "run them with 'apical compare'");
  }
  if (!more && root.has("protocol")) {
    throw ConfigError("a file with a table [protocol] is an in-silico experiment", root.place("protocol"),
                      "run it with 'apical probe'");
  }
  if (is_spiking(document)) {
    return of_spiking(read_spiking_experiment(document, [&](TomlReader& rest, const SpikingExperiment& s) {
      if (more) more(rest, of_spiking(s));
    }));
  }
  if (precision_of(document) == Precision::single) {
    limit_to_single_precision(root,
                              "this run is in single precision; precision = \"double\" in [run] holds it");
  }
  Experiment e;
  e.places = places_in(document);
  e.title = root.text("title", "");
  e.description = root.text("description", "");
  e.label = root.text("label", "");
  root.placing([&] { require_one_line(e.label, "the label", "label"); });
  e.reference = root.boolean("reference", false);
  if (!root.has("task")) check_model_name(root);
  if (!root.has("task"))
    throw ConfigError("missing table [task]; expected the task's name and parameters",
                      near_table(root, "task").value_or(Place{document.origin(), 0, 0}),
                      "e.g. [task] with name = \"yin-yang\"");
  TomlReader task = root.table("task");
  read_task(task, e);
  ModelChoice choice;
  if (root.has("model")) {
    TomlReader model = root.table("model");
    StartOptions start;
    read_fields(model, start);
    e.start_from = start.start_from;
    if (model.has("name") || !root.has("population")) {
      choice = read_model(model, find_task(e.task).rewards ? policy_defaults() : FieldValues{});
      e.model = choice.name;
      e.citation = choice.citation;
      std::visit([&](auto& subject) { e.subject = std::move(subject); }, choice.subject);
    } else {
      model.finish();
    }
  } else if (!root.has("population")) {
    throw ConfigError(
        "missing table [model]; expected a recipe, or a circuit of your own as [[population]] and "
        "[[projection]]",
        near_table(root, "model").value_or(Place{document.origin(), 0, 0}),
        "e.g. [model] with name = \"error-neuron-microcircuit\" and layers = [4, 120, 3]");
  }
  if (e.is_circuit()) {
    read_populations_and_projections(root, e.circuit());
    root.at("model", [&] {
      e.circuit().validate();
      return 0;
    });
  } else {
    refuse_circuit_parts(root, e.model);
  }
  read_reward(root, choice, e);
  if (e.label.empty()) e.label = e.model.empty() ? e.circuit().name : e.model;
  TomlReader training = root.table("training");
  read_training(training, e);
  training.finish();
  TomlReader run_table = root.table("run");
  // Recurrent networks compute in double precision.
  const RunSettings run = read_run(
      run_table, e.is_recurrent() ? RunSettings{.chooses_precision = false, .precision = Precision::twofold}
                                  : RunSettings{});
  e.seeds = run.seeds;
  e.part_of = run.part_of;
  e.double_precision = run.precision == Precision::twofold;
  e.checkpoint_every_s = run.checkpoint_every_s;
  for (TomlReader& record : root.tables("record")) e.recordings.push_back(read_record(record, e));
  e.tuned = read_tuned(root);
  if (more) more(root, e);
  // What an experiment is expected to show does not change what it does: no part of the experiment as
  // resolved.
  read_reproduction(document);
  root.read_elsewhere("reproduces");
  root.read_elsewhere("expect");
  root.finish();
  if (e.title.empty()) e.title = fmt::format("{} on {}", e.label, e.task);
  e.resolved = root.resolved();
  return e;
}

std::vector<Experiment> read_variants(const TomlDocument& document) {
  std::vector<Experiment> out;
  std::set<std::string> labels;
  std::vector<std::string> names;
  for (TomlDocument& variant : document.variants("variant")) {
    for (const SweptDocument& d : swept(std::move(variant))) {
      out.push_back(read_experiment(d.document));
      out.back().sweep = d.point;
      names.push_back(out.back().label);
      if (labels.insert(out.back().label).second) continue;
      const TomlReader said(d.document);
      throw ConfigError(fmt::format("two variants are labelled '{}'", out.back().label),
                        said.has("label") ? said.place("label") : Place{document.origin(), 0, 0},
                        "give each a label of its own");
    }
  }
  const Reproduction reproduction = read_reproduction(document);
  check_labels(reproduction, names, document);
  check_quantities(reproduction, out, document);
  return out;
}

}  // namespace apical
