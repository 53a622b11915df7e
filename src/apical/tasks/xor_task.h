// SPDX-License-Identifier: Apache-2.0
// XOR: the smallest task a linear read-out cannot do (its best answer is 0.5, mean squared error 0.25).
#pragma once

#include "apical/tasks/task.h"

namespace apical {

TaskInfo xor_task();

}  // namespace apical
