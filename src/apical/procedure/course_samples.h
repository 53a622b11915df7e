// SPDX-License-Identifier: Apache-2.0
// Samples of a task as rates of Poisson sources.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "apical/circuit/course.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/core/resources.h"
#include "apical/tasks/dataset.h"
#include "apical/tasks/task.h"

namespace apical {

/// The task with the parameters that the course gives it. ConfigError.
TaskRecipe task_of(const course::Samples& samples);
/// Those of `parameters` that are not the task's defaults.
FieldValues beside_defaults(const std::string& task, const FieldValues& parameters);

/// Null for a course that shows none. DataError or IoError if files are missing or damaged, ConfigError for
/// what check_samples() refuses.
std::shared_ptr<const Dataset> load_samples(const Course& course, const SpikingCircuit& circuit,
                                            const Resources& resources);

/// ConfigError if `data` do not give classes of held inputs from 0 to 1, as many as the population has
/// sources and as many samples as are shown, or if the taught population cannot be divided into their
/// classes.
void check_samples(const Course& course, const Dataset& data, const SpikingCircuit& circuit);

/// Means over squares of pixels; `pixels` has side * side entries, row by row.
std::vector<double> pooled(std::span<const double> pixels, std::size_t side, std::size_t pooling);

/// One rate per source.
std::vector<double> sample_rates_Hz(const course::Samples& samples, const Split& split, std::size_t sample);

}  // namespace apical
