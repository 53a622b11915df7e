// SPDX-License-Identifier: Apache-2.0
// The registry of tasks: what there is, what it can be asked for, and where it comes from.
//   Dataset data = make_dataset("yin-yang", TaskParameters{}.set("train_samples", 1000));
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apical/core/recipe.h"
#include "apical/core/resources.h"
#include "apical/tasks/dataset.h"

namespace apical {

/// What a task is asked for, by name; what is not there is at its default.
using TaskParameters = FieldValues;

/// Tasks that read files find them, and do so on threads, by what is handed in.
using TaskRecipe = Recipe<Dataset, const Resources&>;

struct TaskInfo {
  std::string name;
  std::string description;
  std::string citation;
  TaskRecipe recipe;
  bool classifies = false;  ///< its readout is a decision
  bool sequences = false;   ///< its inputs change within a sample
  bool pictures = false;    ///< its inputs are pixels of pictures, or may be
  bool steers = false;      ///< its evaluations steer a plant in closed loop
  bool rewards = false;     ///< there are no targets: an environment answers actions with reward
  /// Where these depend on parameters: puts them right. Null: they do not.
  void (*specify)(TaskInfo& info, const TaskParameters& parameters) = nullptr;
};

/// All tasks, in order of name.
const std::vector<TaskInfo>& tasks();

/// ConfigError with the nearest name if there is no such task.
const TaskInfo& find_task(std::string_view name);
/// What the task is with these parameters.
TaskInfo task_with(std::string_view name, const TaskParameters& parameters);

/// ConfigError for a wrong name or parameter; DataError or IoError for a missing or damaged file.
Dataset make_dataset(std::string_view name, const TaskParameters& parameters, const Resources& resources);
/// On one thread; of tasks that read files only with a parameter that says where they are.
Dataset make_dataset(std::string_view name, const TaskParameters& parameters = {});

}  // namespace apical
