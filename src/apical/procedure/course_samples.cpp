// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"
#include "apical/tasks/task.h"

namespace apical {

using course::Samples;

namespace {

std::size_t side_of(std::size_t inputs) {
  return static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(inputs))));
}

std::size_t sources_for(const Samples& s, std::size_t inputs) {
  if (s.pooling == 1) return inputs;
  const std::size_t side = side_of(inputs);
  if (side * side != inputs)
    throw ConfigError(
        fmt::format("samples.pooling is {}, but the {} inputs of task '{}' are no square picture", s.pooling,
                    inputs, s.task),
        {}, "pooling = 1");
  if (side % s.pooling != 0)
    throw ConfigError(
        fmt::format("samples.pooling is {}; expected a divisor of the {} pixels per side of task "
                    "'{}'",
                    s.pooling, side, s.task));
  return (side / s.pooling) * (side / s.pooling);
}

/// Rates cannot be negative, and `rate_Hz` is that of an input of 1.
void check_inputs(const Samples& s, const Split& split, std::size_t shown) {
  std::vector<double> inputs(split.inputs.features());
  for (std::size_t k = 0; k < shown; ++k) {
    split.read_input(k, inputs);
    const auto wrong =
        std::find_if(inputs.begin(), inputs.end(), [](double x) { return !(x >= 0 && x <= 1); });
    if (wrong == inputs.end()) continue;
    throw ConfigError(
        fmt::format("an input of task '{}' is {:g}; as the rate of a source it has to lie from 0 "
                    "to 1",
                    s.task, *wrong),
        {}, "expected a task like mnist or yin-yang");
  }
}

void check_classes(const Course& course, const Dataset& data, const SpikingCircuit& circuit) {
  if (!course.teacher) return;
  const spike::NeuronGroup& taught = circuit.groups[spike::group_index(circuit, course.teacher->population)];
  const std::size_t classes = data.outputs();
  if (classes > 0 && taught.size % classes == 0) return;
  throw ConfigError(
      fmt::format("population '{}' has {} neurons, which {} classes of task '{}' cannot share equally",
                  taught.name, taught.size, classes, course.samples->task),
      {}, fmt::format("expected a multiple of {}", classes));
}

}  // namespace

TaskRecipe task_of(const Samples& samples) {
  TaskRecipe recipe = find_task(samples.task).recipe;
  // Courses validate nothing; some tasks have no such samples to leave out, or want one at least.
  for (const FieldInfo& f : list_fields(recipe)) {
    if (f.name == "validation_samples" && f.bounds.contain(0)) fill(recipe, FieldValues().set(f.name, 0));
  }
  fill(recipe, samples.parameters);
  return recipe;
}

FieldValues beside_defaults(const std::string& task, const FieldValues& parameters) {
  const FieldValues standard = values_of(task_of({.task = task}));
  FieldValues out;
  for (const auto& [name, value] : parameters.all()) {
    const FieldValue* const usual = standard.find(name);
    if (usual == nullptr || *usual != value) out.set(name, value);
  }
  return out;
}

std::shared_ptr<const Dataset> load_samples(const Course& course, const SpikingCircuit& circuit,
                                            const Resources& resources) {
  if (!course.samples) return nullptr;
  auto data = std::make_shared<const Dataset>(task_of(*course.samples).build(resources));
  check_samples(course, *data, circuit);
  return data;
}

void check_samples(const Course& course, const Dataset& data, const SpikingCircuit& circuit) {
  const Samples& s = *course.samples;
  if (data.is_sequence() || data.train.labels.empty() || data.train.inputs.samples() == 0)
    throw ConfigError(fmt::format("task '{}' does not give inputs that are held and have a class", s.task),
                      {}, "expected one like mnist or yin-yang");
  const std::size_t sources = sources_for(s, data.inputs());
  const spike::NeuronGroup& group = circuit.groups[spike::group_index(circuit, s.population)];
  if (group.size != sources)
    throw ConfigError(fmt::format("population '{}' has {} sources; task '{}' sets {}", group.name, group.size,
                                  s.task, sources));
  if (data.train.size() < s.train || data.test.size() < s.test)
    throw ConfigError(
        fmt::format("task '{}' has {} training and {} test samples; expected at least {} and {}", s.task,
                    data.train.size(), data.test.size(), s.train, s.test));
  check_inputs(s, data.train, s.train);
  check_inputs(s, data.test, s.test);
  check_classes(course, data, circuit);
}

std::vector<double> pooled(std::span<const double> pixels, std::size_t side, std::size_t pooling) {
  APICAL_CHECK(pixels.size() == side * side && side % pooling == 0);
  const std::size_t squares = side / pooling;
  std::vector<double> out(squares * squares, 0.0);
  for (std::size_t y = 0; y < side; ++y) {
    for (std::size_t x = 0; x < side; ++x) out[y / pooling * squares + x / pooling] += pixels[y * side + x];
  }
  for (double& v : out) v /= static_cast<double>(pooling * pooling);
  return out;
}

std::vector<double> sample_rates_Hz(const Samples& s, const Split& split, std::size_t sample) {
  std::vector<double> inputs(split.inputs.features());
  split.read_input(sample, inputs);
  std::vector<double> rates = s.pooling == 1 ? inputs : pooled(inputs, side_of(inputs.size()), s.pooling);
  for (double& r : rates) r *= s.rate_Hz;
  return rates;
}

}  // namespace apical
