// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_samples.h"

#include <fmt/format.h>

#include <cmath>

#include "apical/core/error.h"
#include "apical/tasks/task.h"

namespace apical {

using course::Samples;

std::shared_ptr<const Dataset> load_samples(const Course& course, const Resources& resources) {
  if (!course.samples) return nullptr;
  TaskRecipe recipe = find_task(course.samples->task).recipe;
  fill_where_known(recipe, TaskParameters().set("validation_samples", 0));
  return std::make_shared<const Dataset>(recipe.build(resources));
}

void check_samples(const Samples& s, const Dataset* data, const SpikingCircuit& circuit) {
  APICAL_CHECK(data != nullptr);
  if (data->is_sequence() || data->train.labels.empty() || data->train.inputs.samples() == 0)
    throw ConfigError(fmt::format("task '{}' does not give inputs that are held and have a class", s.task),
                      {}, "expected one like mnist or yin-yang");
  const std::size_t sources = data->inputs() / (s.pooling * s.pooling);
  const spike::NeuronGroup& group = circuit.groups[spike::group_index(circuit, s.population)];
  if (group.size != sources)
    throw ConfigError(fmt::format("population '{}' has {} sources; task '{}' sets {}", group.name, group.size,
                                  s.task, sources));
  if (data->train.size() < s.train || data->test.size() < s.test)
    throw ConfigError(
        fmt::format("task '{}' has {} training and {} test samples; expected at least {} and {}", s.task,
                    data->train.size(), data->test.size(), s.train, s.test));
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
  const auto side = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(inputs.size()))));
  std::vector<double> rates = s.pooling == 1 ? inputs : pooled(inputs, side, s.pooling);
  for (double& r : rates) r *= s.rate_Hz;
  return rates;
}

}  // namespace apical
