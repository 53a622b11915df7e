// SPDX-License-Identifier: Apache-2.0
// The options of [training]: how long and by which schedule, and how samples are shown to a circuit.
#pragma once

#include "apical/core/fields.h"
#include "apical/learning/presentation.h"
#include "apical/learning/trainer.h"
#include "apical/tasks/task.h"

namespace apical {

struct TrainingOptions {
  /// With the defaults for such a task; `steps_per_iteration` where an environment rewards.
  explicit TrainingOptions(const TaskInfo& task, std::size_t steps_per_iteration = 0);
  TrainingPlan plan;
  std::size_t environment_steps = 200'000;  ///< where an environment rewards; decides on plan.epochs
  std::size_t steps_per_iteration;          ///< of all environments: an epoch there
  bool rewards;
  std::string task;
};
void fields(FieldVisitor& v, TrainingOptions& o);

/// Options of the same table that mean something where a circuit learns.
struct PresentationOptions {
  /// Defaults adapt to the circuit's time step (0: to none) and to the areas that its input passes: a sample
  /// is held for as long as they need at least.
  explicit PresentationOptions(const TaskInfo& task, double dt_ms = 0, std::size_t depth = 0);
  Presentation presentation;
  std::vector<std::string> reset_somata = {"none"};  ///< none, forward, or populations by name
  bool sequences, steers;
  std::string task;
  double dt_ms;
  /// With the populations that reset_somata names. FieldError if there is no such population.
  Presentation of(const Circuit& circuit) const;
};
void fields(FieldVisitor& v, PresentationOptions& o);

}  // namespace apical
