// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/measurable.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/analysis/metrics.h"
#include "apical/procedure/course_measures.h"

namespace apical {
namespace {

std::vector<std::string> of_course(const Course& course, const SpikingCircuit& circuit) {
  std::vector<std::string> out;
  const auto add = [&](const course::Stage& s, const std::string& name) {
    out.push_back(fmt::format("{}_{}", s.where, name));
  };
  for (const course::Stage& s : course.stages) {
    if (course.passes(s) == 0) continue;
    for (const NamedMeasure& m : named_measures(course, s, circuit)) add(s, m.name);
    for (const course::Correlation& c : s.correlations) add(s, c.name);
  }
  return out;
}

bool measured_by(const TaskInfo& task, OfTasks which) {
  switch (which) {
    case OfTasks::none:
      return false;
    case OfTasks::all:
      return true;
    case OfTasks::with_loss:
      return !task.rewards;
    case OfTasks::that_classify:
      return task.classifies;
    case OfTasks::that_steer:
      return task.steers;
    case OfTasks::that_reward:
      return task.rewards;
  }
  return false;
}

std::vector<std::string> of_training(const TaskInfo& task, const TrainingPlan& plan) {
  std::vector<std::string> out;
  for (const Metric& m : metrics()) {
    if (!measured_by(task, m.of_tasks)) continue;
    if (m.at_evaluations) out.push_back("test_" + m.name);
    if (m.at_evaluations && plan.validate_every > 0) out.push_back("validation_" + m.name);
    if (m.while_training) out.push_back("train_" + m.name);
  }
  return out;
}

void check_quantity(const Experiment& e, const std::string& quantity, const Place& place) {
  const std::string who = e.label.empty() ? "this run" : "'" + e.label + "'";
  if (find_area_quantity(quantity) != nullptr) {
    if (measures_areas(e)) return;
    throw ConfigError(
        fmt::format("{} measures no {}: nothing is compared with the exact gradient", who, quantity), place,
        "give training.align_every or training.align_epochs");
  }
  const std::optional<std::vector<std::string>> known = split_quantities(e);
  if (!known || std::find(known->begin(), known->end(), quantity) != known->end()) return;
  const bool few = known->size() < 20;
  throw ConfigError(fmt::format("{} measures no '{}'{}", who, quantity,
                                few ? "; expected " + join_names(*known, "or") : ""),
                    place, suggestion(quantity, *known));
}

}  // namespace

std::optional<std::vector<std::string>> split_quantities(const Experiment& e) {
  if (const auto* spiking = std::get_if<SpikingExperiment>(&e.subject)) {
    if (spiking->course.protocol) return {};
    return of_course(spiking->course, spiking->circuit);
  }
  return of_training(e.task_info(), e.plan);
}

bool measures_areas(const Experiment& e) {
  return !std::holds_alternative<SpikingExperiment>(e.subject) &&
         (e.plan.align_every > 0 || !e.plan.align_epochs.empty());
}

void check_quantities(const Reproduction& r, const std::vector<Experiment>& variants,
                      const TomlDocument& document) {
  TomlReader root(document);
  std::vector<TomlReader> entries = root.tables("expect");
  for (std::size_t i = 0; i < r.expectations.size(); ++i) {
    const Expectation& expected = r.expectations[i];
    for (const Experiment& e : variants) {
      const bool meant =
          expected.variant.empty() || e.label == expected.variant || e.label == expected.relative_to;
      if (!meant) continue;
      check_quantity(e, expected.quantity, entries[i].place("quantity"));
      if (!expected.minus.empty()) check_quantity(e, expected.minus, entries[i].place("minus"));
    }
  }
}

}  // namespace apical
