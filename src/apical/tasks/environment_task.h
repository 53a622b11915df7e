// SPDX-License-Identifier: Apache-2.0
// Task 'environment': learning from reward in a world that a program hands in (foreign_world.h).
#pragma once

#include "apical/tasks/task.h"

namespace apical {

TaskInfo environment_task();

}  // namespace apical
