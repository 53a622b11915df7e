// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/task.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/tasks/arrays_task.h"
#include "apical/tasks/cart_pole.h"
#include "apical/tasks/cart_pole_v1.h"
#include "apical/tasks/cifar10.h"
#include "apical/tasks/delayed_match.h"
#include "apical/tasks/digit_generation.h"
#include "apical/tasks/environment_task.h"
#include "apical/tasks/fashion_mnist.h"
#include "apical/tasks/idx_folder.h"
#include "apical/tasks/image_folder.h"
#include "apical/tasks/memory_tasks.h"
#include "apical/tasks/mnist.h"
#include "apical/tasks/sequential_mnist.h"
#include "apical/tasks/series_tasks.h"
#include "apical/tasks/teacher_student.h"
#include "apical/tasks/xor_task.h"
#include "apical/tasks/yin_yang.h"

namespace apical {

const std::vector<TaskInfo>& tasks() {
  static const std::vector<TaskInfo> all{arrays_task(),
                                         cart_pole_task(),
                                         cart_pole_v1_task(),
                                         cifar10_task(),
                                         copy_task(),
                                         delayed_match_task(),
                                         digit_generation_task(),
                                         environment_task(),
                                         evidence_accumulation_task(),
                                         fashion_mnist_task(),
                                         idx_folder_task(),
                                         image_folder_task(),
                                         mackey_glass_task(),
                                         mnist_task(),
                                         sequential_mnist_task(),
                                         sines_task(),
                                         store_recall_task(),
                                         teacher_student_task(),
                                         xor_task(),
                                         yin_yang_task()};
  return all;
}

const TaskInfo& find_task(std::string_view name) {
  const auto& all = tasks();
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const TaskInfo& task) { return task.name == name; });
  if (at != all.end()) return *at;
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const TaskInfo& task : all) names.push_back(task.name);
  throw ConfigError(fmt::format("unknown task '{}'", name), {}, suggestion(name, names));
}

TaskInfo task_with(std::string_view name, const TaskParameters& parameters) {
  TaskInfo info = find_task(name);
  if (info.specify != nullptr) info.specify(info, parameters);
  return info;
}

Dataset make_dataset(std::string_view name, const TaskParameters& parameters, const Resources& resources) {
  return build_with(find_task(name).recipe, parameters, resources);
}

Dataset make_dataset(std::string_view name, const TaskParameters& parameters) {
  ThreadPool alone(1);
  return make_dataset(name, parameters, {alone});
}

}  // namespace apical
