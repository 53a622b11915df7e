// SPDX-License-Identifier: Apache-2.0
// The digits of MNIST as courses in time (Le, Jaitly & Hinton 2015; sequential_image.h).
#pragma once

#include "apical/tasks/task.h"

namespace apical {

TaskInfo sequential_mnist_task();

}  // namespace apical
