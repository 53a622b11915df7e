// SPDX-License-Identifier: Apache-2.0
// Fashion-MNIST: 60000 + 10000 pictures of clothes in the format of MNIST (Xiao, Rasul & Vollgraf 2017).
#pragma once

#include "apical/tasks/task.h"

namespace apical {

TaskInfo fashion_mnist_task();

}  // namespace apical
