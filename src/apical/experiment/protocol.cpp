// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "apical/core/name_pattern.h"
#include "apical/core/stored_name.h"
#include "apical/core/time_grid.h"
#include "apical/experiment/protocol_fields.h"
#include "apical/experiment/toml/field_toml.h"
#include "apical/experiment/toml/name_choice.h"

namespace apical {
namespace {

constexpr std::int64_t kMany = 1'000'000'000;

template <Named Enum>
Enum read_choice(TomlReader& t, const char* key, Enum otherwise) {
  const std::vector<std::string> names(kNames<Enum>.begin(), kNames<Enum>.end());
  const std::string chosen = t.choice(key, names, std::string(name_of(otherwise)));
  return static_cast<Enum>(std::find(names.begin(), names.end(), chosen) - names.begin());
}

double at_least(TomlReader& t, const char* key, double least, std::optional<double> otherwise = {}) {
  const double v = t.number(key, otherwise);
  if (v < least)
    throw ConfigError(fmt::format("'{}' is {}; expected at least {}", key, v, least), t.place(key));
  return v;
}

std::vector<std::uint32_t> read_units(TomlReader& t, const char* key) {
  std::vector<std::uint32_t> units;
  if (!t.has(key)) return units;
  for (const double u : t.numbers(key)) {
    if (u < 0 || u != std::floor(u) || u >= 4e9)
      throw ConfigError(fmt::format("'{}' holds {}; expected neurons, counted from 0", key, u), t.place(key));
    units.push_back(static_cast<std::uint32_t>(u));
  }
  if (units.empty())
    throw ConfigError(fmt::format("'{}' is empty; leave it out for all neurons", key), t.place(key));
  return units;
}

/// Places in the circuit of the items that the patterns stand for; none is no mistake yet.
template <class Id, class Items>
std::vector<Id> chosen(const std::vector<std::string>& patterns, const Items& items) {
  std::vector<Id> out;
  for (std::uint32_t k = 0; k < items.size(); ++k) {
    const auto named = [&](const std::string& pattern) { return matches(pattern, items[k].name); };
    if (std::any_of(patterns.begin(), patterns.end(), named)) out.push_back({k});
  }
  return out;
}

/// A file may name the populations of several models: at least one has to be here.
template <class Id, class Items>
std::vector<Id> required(TomlReader& t, const char* key, const char* kind, const Items& items) {
  const std::vector<std::string> patterns = t.texts(key);
  std::vector<Id> out = chosen<Id>(patterns, items);
  if (!out.empty()) return out;
  const std::vector<std::string> known = names_of(items);
  throw ConfigError(fmt::format("no {} of this circuit is named {}", kind,
                                patterns.empty() ? "nothing" : fmt::format("'{}'", patterns.front())),
                    t.place(key), patterns.empty() ? "" : suggestion(patterns.front(), known));
}

/// A time that has to be a whole number of them.
rate::Step in_steps(TomlReader& t, const char* key, double ms, double dt_ms) {
  t.placing([&] { check_on_grid(key, ms, {dt_ms, "the circuit's time step", "ms"}); });
  return std::llround(ms / dt_ms);
}

/// The window [onset, offset) in steps, given in ms or in steps.
template <class Windowed>
void read_window(TomlReader& t, double dt_ms, Windowed& w) {
  const auto step = [&](const std::string& edge, rate::Step otherwise) {
    const std::string ms = edge + "_ms", steps = edge + "_steps";
    if (t.has(ms) && t.has(steps))
      throw ConfigError(fmt::format("'{}' and '{}' say the same thing", ms, steps), t.place(steps),
                        "give one of them");
    if (t.has(steps)) return static_cast<rate::Step>(t.integer(steps, {}, -kMany, kMany));
    return t.has(ms) ? in_steps(t, ms.c_str(), t.number(ms), dt_ms) : otherwise;
  };
  w.onset = step("onset", w.onset);
  w.offset = step("offset", w.offset);
}

void read_mismatch(TomlReader& t, const Circuit& circuit, Condition& condition) {
  TargetMismatch m;
  m.kind = read_choice(t, "mismatch", m.kind);
  m.by = t.number("by", 1.0);
  m.units = read_units(t, "units");
  read_window(t, circuit.dt_ms, m);
  if (condition.in_training() &&
      (t.has("onset_ms") || t.has("onset_steps") || t.has("offset_ms") || t.has("offset_steps"))) {
    throw ConfigError("while a circuit learns, a mismatched target is shown throughout", t.place("mismatch"),
                      "leave out onset and offset");
  }
  if (condition.in_training() && m.kind == TargetMismatch::Kind::omit) {
    throw ConfigError("without a target there is nothing to learn from", t.place("mismatch"),
                      "omit targets in the probe, or freeze projections");
  }
  if (!circuit.target())
    throw ConfigError(fmt::format("circuit '{}' names no target to mismatch", circuit.name),
                      t.place("mismatch"));
  t.at("mismatch", [&] { validate(m, circuit[*circuit.target()].size); });
  condition.mismatches.push_back(m);
}

void read_perturbation(TomlReader& t, const Circuit& circuit, Condition& condition) {
  const std::vector<std::string> kinds{"silence", "clamp", "inject", "noise",
                                       "scale",   "cut",   "freeze", "mismatch"};
  const auto given = std::find_if(kinds.begin(), kinds.end(), [&](const std::string& k) { return t.has(k); });
  if (given == kinds.end()) {
    throw ConfigError("a perturbation says neither of " + join_names(kinds, "nor"), t.place(""),
                      "e.g. silence = \"a1.err\"");
  }
  if (*given == "mismatch") {
    read_mismatch(t, circuit, condition);
    return t.finish();
  }
  using Kind = rate::Perturbation::Kind;
  rate::Perturbation p;
  const char* subject = given->c_str();
  if (*given == "scale" || *given == "cut" || *given == "freeze") {
    p.kind = *given == "freeze" ? Kind::freeze : Kind::scale;
    if (*given == "scale") p.value = t.number("factor");
  } else if (*given == "silence" || *given == "clamp") {
    p.kind = Kind::clamp;
    p.variable = "rate";
    if (*given == "clamp") {
      p.variable = t.text("variable", "rate");
      p.value = t.number("value");
    }
  } else {
    p.kind = *given == "inject" ? Kind::inject : Kind::noise;
    p.variable = t.text("compartment");
    p.value = p.kind == Kind::inject ? t.number("potential") : at_least(t, "sd", 0);
    if (p.kind == Kind::noise)
      p.hold_steps = std::max<rate::Step>(
          1, in_steps(t, "hold_ms", at_least(t, "hold_ms", 0, circuit.dt_ms), circuit.dt_ms));
  }
  p.units = read_units(t, "units");
  read_window(t, circuit.dt_ms, p);
  const auto add = [&] {
    t.at(subject, [&] { rate::validate(p, circuit, subject); });
    condition.perturbations.push_back(p);
  };
  if (p.kind == Kind::scale || p.kind == Kind::freeze) {
    for (const ProjectionId j : required<ProjectionId>(t, subject, "projection", circuit.projections())) {
      p.projection = j;
      add();
    }
  } else {
    for (const PopulationId n : required<PopulationId>(t, subject, "population", circuit.populations())) {
      p.population = n;
      add();
    }
  }
  t.finish();
}

Condition read_name(TomlReader& t) {
  Condition c;
  read_fields(t, c);
  t.placing([&] { require_one_line(c.name, "the name of a condition", "name"); });
  return c;
}

Condition read_condition(TomlReader& t, const Circuit& circuit) {
  Condition c = read_name(t);
  for (TomlReader& p : t.tables("perturbation")) read_perturbation(p, circuit, c);
  t.finish();
  return c;
}

/// Measures by name, with what is wrong with them unless some model has what they are about.
using Doubts = std::map<std::string, ConfigError>;

Measure read_measure(TomlReader& t, const Protocol& protocol, const Circuit& circuit, Doubts& doubts) {
  MeasureOptions options{.from_ms = protocol.from_ms, .until_ms = protocol.until_ms, .dt_ms = protocol.dt_ms};
  read_fields(t, options);
  Measure m = std::move(options.measure);
  t.placing([&] { require_one_line(m.name, "the name of a measure", "name"); });
  const std::vector<std::string>& patterns = options.populations;
  m.populations = chosen<PopulationId>(patterns, circuit.populations());
  std::vector<std::string> names, known{"rate", "soma"};
  for (const Population& p : circuit.populations()) names.push_back(p.name);
  if (m.populations.empty()) {
    doubts.emplace(
        m.name,
        ConfigError(fmt::format("no population is named '{}'", patterns.empty() ? "" : patterns.front()),
                    t.place("population"), patterns.empty() ? "" : suggestion(patterns.front(), names)));
  }
  const auto has = [&](PopulationId id) {
    const Population& p = circuit[id];
    for (const Compartment& c : p.compartments) known.push_back(c.name);
    return m.variable == "rate" || (m.variable == "soma" && p.kind == Population::Kind::neurons) ||
           std::any_of(p.compartments.begin(), p.compartments.end(),
                       [&](const Compartment& c) { return c.name == m.variable; });
  };
  std::vector<PopulationId> with;
  for (const PopulationId id : m.populations) {
    if (has(id)) with.push_back(id);
  }
  if (with.empty() && !m.populations.empty()) {
    doubts.emplace(m.name, ConfigError(fmt::format("unknown variable '{}' of population '{}'", m.variable,
                                                   circuit[m.populations.front()].name),
                                       t.place("variable"), suggestion(m.variable, known)));
  }
  m.populations = std::move(with);
  for (const PopulationId id : m.populations) {
    for (const std::uint32_t u : m.units) {
      if (u >= circuit[id].size) {
        throw ConfigError(
            fmt::format("measure '{}' names neuron {} of population '{}', which has {} (counted from 0)",
                        m.name, u, circuit[id].name, circuit[id].size),
            t.place("units"));
      }
    }
  }
  t.finish();
  return m;
}

template <class Items>
void require_unique_names(TomlReader& root, const char* key, const Items& items) {
  std::set<std::string> names;
  for (const auto& item : items) {
    if (names.insert(item.name).second) continue;
    throw ConfigError(fmt::format("two entries of [[{}]] are named '{}'", key, item.name), root.place(key),
                      "give each a name of its own");
  }
}

/// [[condition]] tables, each read by `read`, and the control among them.
template <class Read>
void read_conditions(TomlReader& root, TomlReader& t, Protocol& p, Read&& read) {
  const std::string undisturbed = "control";  // the name of a condition that need not be written down
  for (TomlReader& c : root.tables("condition")) p.conditions.push_back(read(c));
  require_unique_names(root, "condition", p.conditions);
  const auto is_control = [&](const Condition& c) { return c.name == p.control; };
  if (std::none_of(p.conditions.begin(), p.conditions.end(), is_control)) {
    if (p.control != undisturbed) {
      std::vector<std::string> names;
      for (const Condition& c : p.conditions) names.push_back(c.name);
      throw ConfigError(fmt::format("the control '{}' is no condition", p.control), t.place("control"),
                        suggestion(p.control, names));
    }
    p.conditions.insert(p.conditions.begin(), Condition{.name = p.control});
  }
  if (p.conditions.size() < 2) {
    throw ConfigError("there is nothing to compare with the control", root.place("protocol"),
                      "add a [[condition]] with a [[condition.perturbation]]");
  }
  const Condition& control = p.control_condition();
  if (control.in_training())
    throw ConfigError("the control is perturbed while it learns", root.place("condition"),
                      "set during = \"probe\", its default");
  const bool disturbed =
      !control.perturbations.empty() || !control.mismatches.empty() || !control.cut.empty();
  if (control.name == undisturbed && disturbed)
    throw ConfigError(
        fmt::format("the condition named '{}' is perturbed, but that is the name of the undisturbed one",
                    undisturbed),
        root.place("condition"), "give it another name; others are compared with the circuit as it is");
}

/// What begins after trials and samples have ended, or ended before they began, would never act.
void require_acts(TomlReader& root, const Protocol& p, const Experiment& e) {
  if (e.task_info().sequences) return;  // of any length
  if (p.shows_target && p.target_onset_ms >= p.presentation_ms)
    throw ConfigError(
        fmt::format("the target would appear {:g} ms after the onset of a stimulus of {:g} ms, and so never",
                    p.target_onset_ms, p.presentation_ms),
        root.table("protocol").place("target_onset_ms"), "an earlier target_onset_ms, or target = false");
  const double step = e.circuit().dt_ms;
  const auto require = [&](const Condition& c, rate::Step onset, rate::Step offset) {
    // In training and in tests samples have a duration of their own.
    const bool elsewhere = c.in_training() || p.evaluate;
    const double last_ms =
        elsewhere ? std::max(p.presentation_ms, e.presentation.presentation_ms) : p.presentation_ms;
    const double from_ms = static_cast<double>(onset) * step, until_ms = static_cast<double>(offset) * step;
    if (from_ms < last_ms && until_ms > -p.blank_ms) return;
    throw ConfigError(
        fmt::format(
            "what is done in condition '{}' {}, and so never acts", c.name,
            from_ms >= last_ms
                ? fmt::format("begins {:g} ms after the onset of a stimulus of {:g} ms", from_ms, last_ms)
                : fmt::format("ends {:g} ms before the onset of the stimulus, and the blank has "
                              "{:g} ms",
                              -until_ms, p.blank_ms)),
        root.place("condition"), "times count from the onset of the stimulus");
  };
  for (const Condition& c : p.conditions) {
    for (const rate::Perturbation& done : c.perturbations) require(c, done.onset, done.offset);
    for (const TargetMismatch& done : c.mismatches) require(c, done.onset, done.offset);
  }
}

/// Neurons that are kept one by one have to be there in some model; in smaller ones all are kept.
void require_single_units(const std::vector<ProbedModel>& models, const std::string& origin) {
  std::map<std::string, std::pair<std::size_t, std::size_t>>
      wanted;  // by measure: asked for, and there at most
  for (const ProbedModel& model : models) {
    if (!std::holds_alternative<Circuit>(model.experiment.subject)) continue;
    for (const Measure& m : model.protocol.measures) {
      if (m.populations.empty()) continue;
      auto& [asked, most] = wanted[m.name];
      asked = m.single_units;
      most = std::max<std::size_t>(most, model.experiment.circuit()[m.populations.front()].size);
    }
  }
  for (const auto& [name, units] : wanted) {
    if (units.first <= units.second) continue;
    throw ConfigError(fmt::format("measure '{}' keeps {} single neurons; its population has {}", name,
                                  units.first, units.second),
                      {origin, 0, 0}, "lower single_units");
  }
}

/// A probe is of given epochs: nothing else may end the training.
void check_training(TomlReader& root, const TrainingPlan& plan) {
  const TomlReader training = root.table("training");
  for (const auto& [key, given] : {std::pair{"minutes", plan.minutes > 0}, {"patience", plan.patience > 0}}) {
    if (!given) continue;
    throw ConfigError(fmt::format("'training.{}' ends training at an epoch that is not known before, and a "
                                  "protocol probes given epochs",
                                  key),
                      training.place(key), "leave it out; protocol.epochs says which epochs are probed");
  }
}

Protocol read_trials(TomlReader& root, const Experiment& e, Doubts& doubts) {
  check_training(root, e.plan);
  TomlReader t = root.table("protocol");
  TrialOptions options(e.plan.epochs, e.presentation.presentation_ms, e.circuit().dt_ms);
  read_fields(t, options);
  Protocol p = std::move(options.protocol);
  read_conditions(root, t, p, [&](TomlReader& c) { return read_condition(c, e.circuit()); });
  require_acts(root, p, e);
  t.finish();
  for (TomlReader& m : root.tables("measure")) p.measures.push_back(read_measure(m, p, e.circuit(), doubts));
  require_unique_names(root, "measure", p.measures);
  if (p.measures.empty() && !p.evaluate) {
    throw ConfigError("nothing is measured", root.place("protocol"),
                      "add a [[measure]], or evaluate = true for loss and accuracy");
  }
  return p;
}

/// Perturbations of a spiking circuit: projections that are cut.
Condition read_condition(TomlReader& t, const SpikingCircuit& circuit) {
  Condition c = read_name(t);
  for (TomlReader& p : t.tables("perturbation")) {
    const std::vector<std::string> cut =
        names_chosen(p, "cut", "projection of this circuit", names_of(circuit.connections));
    c.cut.insert(c.cut.end(), cut.begin(), cut.end());
    p.finish();
  }
  t.finish();
  return c;
}

/// A course brings tests of its own, in whose figures conditions are compared.
Protocol read_course_probe(TomlReader& root, const SpikingExperiment& e) {
  TomlReader t = root.table("protocol");
  const auto is_test = [](const course::Stage& s) { return s.when == course::When::after; };
  if (e.course.protocol || e.course.epochs == 0 ||
      std::none_of(e.course.stages.begin(), e.course.stages.end(), is_test)) {
    throw ConfigError("the course has no stage after training that could be repeated under each condition",
                      root.place("protocol"),
                      "give a [[stage]] when = \"after\", and training.epochs above 0");
  }
  CourseProbeOptions options(e.course.epochs);
  read_fields(t, options);
  Protocol p = std::move(options.protocol);
  read_conditions(root, t, p, [&](TomlReader& c) { return read_condition(c, e.circuit); });
  t.finish();
  if (root.has("measure"))
    throw ConfigError(
        "[[measure]] tables record from rate circuits", root.place("measure"),
        "conditions of a spiking circuit are compared in protocol.metrics, measured by its course");
  return p;
}

Protocol read_one(TomlReader& root, const Experiment& e, Doubts& doubts) {
  root.read_elsewhere("discriminate");
  if (!root.has("protocol"))
    throw ConfigError("missing table [protocol]; expected how the circuit is probed", root.place(""),
                      "e.g. [protocol] with samples = 20");
  struct Reader {
    TomlReader& root;
    const Experiment& e;
    Doubts& doubts;
    Protocol operator()(const Circuit&) const { return read_trials(root, e, doubts); }
    Protocol operator()(const SpikingExperiment& s) const { return read_course_probe(root, s); }
    Protocol operator()(const models::LayeredNetwork&) const {
      throw ConfigError(
          fmt::format("model '{}' is a layered network, and protocols probe populations of circuits",
                      e.model),
          root.place("protocol"), "choose a microcircuit; 'apical models' lists them");
    }
    Protocol operator()(const models::RecurrentNetwork&) const {
      throw ConfigError(
          fmt::format("model '{}' is a recurrent network, and protocols probe populations of circuits",
                      e.model),
          root.place("protocol"), "choose a microcircuit; 'apical models' lists them");
    }
  };
  return std::visit(Reader{root, e, doubts}, e.subject);
}

}  // namespace

const Condition& Protocol::control_condition() const {
  return *std::find_if(conditions.begin(), conditions.end(),
                       [&](const Condition& c) { return c.name == control; });
}

Trial Protocol::trial(double step_ms) const {
  const auto steps = [step_ms](double ms) { return static_cast<rate::Step>(std::llround(ms / step_ms)); };
  Trial t;
  t.blank = steps(blank_ms);
  t.hold = steps(presentation_ms);
  t.target_onset = steps(target_onset_ms);
  if (!shows_target) t.target_offset = t.target_onset;
  if (learning) t.learning = rate::Learning::all();
  return t;
}

std::vector<ProbedModel> read_protocol(const TomlDocument& document) {
  std::vector<ProbedModel> out;
  std::set<std::string> labels;
  Doubts doubts;
  for (const TomlDocument& d : document.variants("variant")) {
    ProbedModel m;
    m.experiment = read_experiment(
        d, [&](TomlReader& root, const Experiment& e) { m.protocol = read_one(root, e, doubts); });
    for (const char* taken : {"time", "seeds"}) {
      if (m.experiment.label != taken) continue;
      throw ConfigError(
          fmt::format(
              "a model is labelled '{}', as is what results.h5 keeps beside it; expected another label",
              taken),
          {document.origin(), 0, 0}, "give it a label of its own");
    }
    if (!labels.insert(m.experiment.label).second) {
      throw ConfigError(fmt::format("two variants are labelled '{}'", m.experiment.label),
                        {document.origin(), 0, 0}, "give each a label of its own");
    }
    out.push_back(std::move(m));
  }
  for (const ProbedModel& m : out) {
    const ProbedModel& first = out.front();
    if (m.experiment.task != first.experiment.task || m.experiment.seeds != first.experiment.seeds) {
      throw ConfigError(
          fmt::format("models '{}' and '{}' differ in task or seeds; a protocol needs the same for all",
                      first.experiment.label, m.experiment.label),
          {document.origin(), 0, 0});
    }
    for (const Measure& measure : m.protocol.measures) {
      if (!measure.populations.empty()) doubts.erase(measure.name);
    }
  }
  if (!doubts.empty()) throw doubts.begin()->second;
  require_single_units(out, document.origin());
  return out;
}

}  // namespace apical
