// SPDX-License-Identifier: Apache-2.0
// Where a sweep stands, from its files alone.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "apical/sweep/plan.h"
#include "apical/sweep/task_folder.h"

namespace apical::sweep {

struct Status {
  std::vector<TaskView> tasks;  ///< in the order of the plan
  std::array<std::size_t, kTaskStates.size()> count{};
  std::vector<std::string> troubles;  ///< whatever a person should know, in a sentence each
  double seconds_left = 0;            ///< that are expected, of one worker
  std::size_t of(TaskState s) const { return count.at(static_cast<std::size_t>(s)); }
  bool complete() const { return of(TaskState::done) == tasks.size(); }
};

Status status_of(const Plan& plan, const Claim& known);

/// Lets failed tasks be tried again, and does damaged ones anew; how many.
std::size_t retry(const Plan& plan, const Claim& known);

}  // namespace apical::sweep
