// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include "apical/experiment/expectation.h"
#include "apical/experiment/spiking_experiment.h"
#include "apical/experiment/toml/circuit_toml.h"
#include "apical/experiment/toml/model_toml.h"
#include "apical/experiment/toml/reward_toml.h"

namespace apical {
namespace {

void read_task(TomlReader& t, Experiment& e) {
  const std::string name = t.text("name");
  const TaskInfo& info = t.at("name", [&]() -> const TaskInfo& { return find_task(name); });
  e.task = info.name;
  TaskParameters given;
  e.task_seed_given = true;
  for (const ParameterInfo& p : info.parameters) {
    if (p.name == "seed" && !t.has("seed")) {
      e.task_seed_given = false;
      continue;
    }
    if (const auto* number = std::get_if<double>(&p.default_value)) {
      given.set(p.name, p.integer ? static_cast<double>(t.integer(p.name, static_cast<std::int64_t>(*number),
                                                                  -(1LL << 53), 1LL << 53))
                                  : t.number(p.name, *number));
    } else {
      const auto& text = std::get<std::string>(p.default_value);
      // An empty default means "not given" and stays out of the resolved experiment.
      if (!text.empty() || t.has(p.name)) given.set(p.name, t.text(p.name, text));
    }
    t.at(p.name, [&] { return completed(info.name, info.parameters, given); });
  }
  e.task_parameters = given;
  t.finish();
}

/// ConfigError if one of `keys`, which have no meaning for the task, is given.
void refuse(TomlReader& t, std::initializer_list<const char*> keys, const std::string& task,
            std::string_view why) {
  for (const char* key : keys) {
    if (t.has(key))
      throw ConfigError(fmt::format("'training.{}' does not go with task '{}': {}", key, task, why),
                        t.place(key), "leave it out");
  }
}

/// "none", "forward" for all populations that the stimulus drives through forward projections, or populations
/// by name.
std::vector<PopulationId> read_reset(TomlReader& t, const Circuit& c) {
  const std::vector<std::string> names = t.texts("reset_somata", std::vector<std::string>{"none"});
  if (names == std::vector<std::string>{"none"}) return {};
  if (names == std::vector<std::string>{"forward"}) return forward_path(c);
  std::vector<PopulationId> out;
  for (const std::string& name : names) {
    out.push_back(t.at("reset_somata", [&] { return c.population(name); }));
    if (c[out.back()].kind == Population::Kind::neurons) continue;
    throw ConfigError(
        fmt::format("'training.reset_somata' names '{}', which is set from outside and has no somata", name),
        t.place("reset_somata"), "expected none, forward, or populations of neurons");
  }
  return out;
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
  if (e.is_circuit()) {
    throw ConfigError(
        fmt::format(
            "task '{}' answers actions with reward, from which layered networks learn; this is a circuit",
            e.task),
        root.place("model"), "'apical models' lists both");
  }
  TomlReader reward = root.table("reward"), value = root.table("value");
  e.reward = RewardSettings{read_reward_plan(reward), read_value_network(value, policy)};
  check_rules(reward, *e.reward, std::get<models::LayeredNetwork>(e.subject));
}

/// Keys that a circuit has and a layered network has not.
void refuse_circuit_parts(TomlReader& root, const std::string& model) {
  for (const char* key : {"circuit", "population", "projection", "edit", "record"}) {
    if (root.kind(key) == TomlKind::absent) continue;
    throw ConfigError(
        fmt::format("'{}' belongs to circuits, and model '{}' is a layered network without populations", key,
                    model),
        root.place(key), "leave it out, or choose a microcircuit; 'apical models' lists both");
  }
}

/// A model that is misspelled is what is wrong, rather than what a known one would lack.
void check_model_name(TomlReader& root) {
  if (root.kind("model") != TomlKind::table) return;
  TomlReader model = root.table("model");
  if (model.kind("name") != TomlKind::text) return;
  const std::string name = model.text("name");
  if (models::find_layered(name) == nullptr)
    model.at("name", [&]() -> const models::Model& { return models::find(name); });
}

constexpr std::int64_t kMany = 1'000'000'000;

/// Where an environment rewards, an epoch is an iteration: some steps of all environments, and what is
/// learned from them.
std::size_t read_epochs(TomlReader& t, const Experiment& e) {
  if (!e.reward) {
    refuse(t, {"environment_steps"}, e.task, "it shows samples; their passes are epochs");
    return static_cast<std::size_t>(t.integer("epochs", 50, 0, kMany));
  }
  refuse(t, {"epochs"}, e.task, "training there is counted in environment_steps");
  refuse(t, {"shuffle"}, e.task, "what comes next is up to the policy");
  const auto steps = static_cast<std::size_t>(t.integer("environment_steps", 200'000, 0, kMany));
  const std::size_t each = e.reward->plan.steps_per_iteration();
  return (steps + each - 1) / each;
}

void read_training(TomlReader& t, Experiment& e) {
  e.plan.epochs = read_epochs(t, e);
  e.plan.eta_decay = t.number("eta_decay", 1.0);
  if (!(e.plan.eta_decay > 0))
    throw ConfigError(fmt::format("'training.eta_decay' is {}; expected more than 0", e.plan.eta_decay),
                      t.place("eta_decay"));
  e.plan.eta_decay_every = static_cast<std::size_t>(t.integer("eta_decay_every", 1, 1, kMany));
  e.plan.minutes = t.number("minutes", 0.0);
  if (!(e.plan.minutes >= 0))
    throw ConfigError(
        fmt::format("'training.minutes' is {}; expected more, or 0 for no limit", e.plan.minutes),
        t.place("minutes"));
  e.plan.schedule = t.choice("eta_schedule", {"constant", "linear"}, "constant") == "linear"
                        ? Schedule::linear
                        : Schedule::constant;
  if (e.plan.schedule == Schedule::linear && e.plan.minutes > 0) {
    throw ConfigError(
        "'training.minutes' does not go with eta_schedule = \"linear\": nobody knows beforehand which epoch "
        "is the last",
        t.place("minutes"), "leave one of them out");
  }
  if (!e.reward) e.plan.shuffle = t.boolean("shuffle", true);
  // The return of training episodes is measured in any case.
  e.plan.validate_every = static_cast<std::size_t>(t.integer("validate_every", e.reward ? 0 : 1, 0, kMany));
  e.plan.test_every = static_cast<std::size_t>(t.integer("test_every", 0, 0, kMany));
  e.plan.align_every = static_cast<std::size_t>(t.integer("align_every", 0, 0, kMany));
  for (double epoch : t.numbers("align_epochs", std::vector<double>{})) {
    if (epoch < 0 || epoch != std::floor(epoch) || epoch > static_cast<double>(e.plan.epochs)) {
      throw ConfigError(
          fmt::format("'training.align_epochs' holds {}; expected whole numbers from 0 to epochs = {}", epoch,
                      e.plan.epochs),
          t.place("align_epochs"));
    }
    e.plan.align_epochs.push_back(static_cast<std::size_t>(epoch));
  }
  e.plan.align_samples = static_cast<std::size_t>(t.integer("align_samples", 100, 1, kMany));
  e.plan.patience = static_cast<std::size_t>(t.integer("patience", 0, 0, kMany));
}

/// How a circuit is shown its samples.
void read_presentation(TomlReader& t, Experiment& e, const TaskInfo& task) {
  const auto positive = [&](const char* key, double otherwise) {
    const double v = t.number(key, otherwise);
    if (!(v > 0))
      throw ConfigError(fmt::format("'training.{}' is {}; expected more than 0", key, v), t.place(key));
    return v;
  };
  if (task.sequences) {
    refuse(t, {"presentation_ms", "settling_ms"}, task.name, "its samples bring their own course in time");
    e.presentation.settling_ms = 0;
    if (e.plan.align_every > 0 || !e.plan.align_epochs.empty()) {
      throw ConfigError(
          fmt::format(
              "alignment is not measured on task '{}': the exact gradient is that of a sample which is held",
              task.name),
          t.place(e.plan.align_every > 0 ? "align_every" : "align_epochs"),
          "leave out align_every and align_epochs");
    }
  } else {
    e.presentation.presentation_ms = positive("presentation_ms", 0.2);
    e.presentation.settling_ms = t.number("settling_ms", 20.0);
  }
  if (e.presentation.settling_ms < 0)
    throw ConfigError(
        fmt::format("'training.settling_ms' is {}; expected 0 or more", e.presentation.settling_ms),
        t.place("settling_ms"));
  // The target of a sequence stands from its start: what matters is its end, long after the sample before.
  e.presentation.delay_targets = t.boolean("delay_targets", !task.sequences);
  e.presentation.target_potentials =
      t.choice("target_potentials", {"inverse", "task_numbers"}, "inverse") == "inverse"
          ? TargetPotentials::inverse
          : TargetPotentials::task_numbers;
  e.presentation.learning = t.choice("learn", {"every_step", "after_sample"}, "every_step") == "every_step"
                                ? LearningSteps::every
                                : LearningSteps::after_sample;
  e.presentation.reset_somata = read_reset(t, e.circuit());
  if (task.steers) {
    refuse(t, {"score"}, task.name, "its evaluations steer a plant and count falls");
    e.presentation.steps_per_control = t.integer("steps_per_control", 4, 1, kMany);
  } else {
    refuse(t, {"steps_per_control"}, task.name, "it has no plant to steer");
    e.presentation.scored = t.choice("score", {"last", "all"}, task.classifies ? "last" : "all") == "last"
                                ? ScoredSteps::last
                                : ScoredSteps::all;
  }
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
  e.plan.epochs = s.course.epochs;
  e.seeds = s.seeds;
  e.checkpoint_every_s = s.checkpoint_every_s;
  e.resolved = s.resolved;
  e.subject = std::move(s);
  return e;
}

void read_run(TomlReader& t, Experiment& e) {
  e.seeds = read_seeds(t);
  e.double_precision = t.choice("precision", {"float", "double"}, "float") == "double";
  e.checkpoint_every_s = read_checkpoint_interval(t);
  t.finish();
}

RecordRequest read_record(TomlReader& t, const Experiment& e) {
  RecordRequest r;
  r.variable = t.text("variable");
  if (t.has("projection")) {
    r.projection = t.text("projection");
    t.at("projection", [&] { return e.circuit().projection(r.projection); });
    if (r.variable != "weights")
      throw ConfigError(fmt::format("'{}' is no variable of a projection; expected weights", r.variable),
                        t.place("variable"));
  } else {
    r.population = t.text("population");
    t.at("population", [&] { return e.circuit().population(r.population); });
  }
  r.every_ms = t.number("every_ms", e.presentation.presentation_ms);
  if (r.every_ms < e.circuit().dt_ms) {
    throw ConfigError(fmt::format("'every_ms' is {}; expected at least the time step of {} ms", r.every_ms,
                                  e.circuit().dt_ms),
                      t.place("every_ms"));
  }
  r.replicas = static_cast<std::size_t>(t.integer("seeds", 1, 1, static_cast<std::int64_t>(e.seeds.size())));
  t.finish();
  return r;
}

}  // namespace

std::vector<std::uint64_t> read_seeds(TomlReader& t) {
  std::vector<std::uint64_t> seeds;
  if (t.kind("seeds") == TomlKind::number) {
    const std::int64_t n = t.integer("seeds", 1, 1, 100000);
    for (std::int64_t s = 1; s <= n; ++s) seeds.push_back(static_cast<std::uint64_t>(s));
  } else {
    for (double s : t.numbers("seeds", std::vector<double>{1})) {
      if (s < 0 || s > kLargestSeed || s != std::floor(s)) {
        throw ConfigError(fmt::format("'run.seeds' holds {}; expected whole numbers of 0 or more", s),
                          t.place("seeds"));
      }
      seeds.push_back(static_cast<std::uint64_t>(s));
    }
  }
  if (seeds.empty()) throw ConfigError("'run.seeds' is empty; expected at least one seed", t.place("seeds"));
  if (std::set(seeds.begin(), seeds.end()).size() != seeds.size()) {
    throw ConfigError("'run.seeds' names a seed twice: replicates must differ", t.place("seeds"));
  }
  return seeds;
}

double read_checkpoint_interval(TomlReader& t) {
  const double seconds = t.number("checkpoint_every_s", 30.0);
  if (seconds < 0)
    throw ConfigError("'run.checkpoint_every_s' is negative", t.place("checkpoint_every_s"),
                      "0 writes one at every safe point");
  return seconds;
}

std::vector<std::shared_ptr<const Dataset>> Experiment::make_data() const {
  std::vector<std::shared_ptr<const Dataset>> data;
  for (std::uint64_t seed : seeds) {
    if (task_seed_given && !data.empty()) {
      data.push_back(data.front());
      continue;
    }
    TaskParameters p = task_parameters;
    if (!task_seed_given) p.set("seed", static_cast<double>(seed));
    data.push_back(std::make_shared<const Dataset>(make_dataset(task, p)));
  }
  return data;
}

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
    Experiment e;
    const auto spiking = read_spiking_experiment(document, [&](TomlReader& rest, const SpikingExperiment& s) {
      e = of_spiking(s);
      if (more) more(rest, e);
    });
    return of_spiking(spiking);
  }
  Experiment e;
  e.title = root.text("title", "");
  e.description = root.text("description", "");
  e.label = root.text("label", "");
  e.reference = root.boolean("reference", false);
  if (!root.has("task")) check_model_name(root);
  if (!root.has("task"))
    throw ConfigError("missing table [task]; expected the task's name and parameters",
                      {document.origin(), 0, 0}, "e.g. [task] with name = \"yin-yang\"");
  TomlReader task = root.table("task");
  read_task(task, e);
  ModelChoice choice;
  if (root.has("model")) {
    TomlReader model = root.table("model");
    choice = read_model(model, find_task(e.task).rewards ? policy_defaults() : FieldValues{});
    e.model = choice.name;
    e.citation = choice.citation;
    std::visit([&](auto&& subject) { e.subject = std::move(subject); }, std::move(choice.subject));
  } else if (!root.has("population")) {
    throw ConfigError(
        "missing table [model]; expected a recipe, or a circuit of your own as [[population]] and "
        "[[projection]]",
        {document.origin(), 0, 0},
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
  if (e.is_circuit()) read_presentation(training, e, find_task(e.task));
  training.finish();
  TomlReader run = root.table("run");
  read_run(run, e);
  for (TomlReader& record : root.tables("record")) e.recordings.push_back(read_record(record, e));
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

std::string directory_name(const std::string& label) {
  std::string out;
  for (const char c : label) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u)) {
      out += static_cast<char>(std::tolower(u));
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "variant" : out;
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
      if (labels.insert(directory_name(out.back().label)).second) continue;
      throw ConfigError(fmt::format("two variants are labelled like '{}' (directory '{}')", out.back().label,
                                    directory_name(out.back().label)),
                        {document.origin(), 0, 0}, "give each a label of its own");
    }
  }
  check_labels(read_reproduction(document), names, document);
  return out;
}

}  // namespace apical
