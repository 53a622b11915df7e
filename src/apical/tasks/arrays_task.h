// SPDX-License-Identifier: Apache-2.0
// Task 'arrays': samples of your own, from files or handed in (array_data.h).
#pragma once

#include "apical/tasks/task.h"

namespace apical {

TaskInfo arrays_task();

}  // namespace apical
