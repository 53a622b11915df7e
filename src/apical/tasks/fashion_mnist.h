// SPDX-License-Identifier: Apache-2.0
// Fashion-MNIST: 60000 + 10000 pictures of clothes in the format of MNIST (Xiao, Rasul & Vollgraf 2017).
#pragma once

#include "apical/tasks/idx_images.h"

namespace apical {

/// Names and sizes of the originals.
const IdxDataset& fashion_mnist_files();

TaskInfo fashion_mnist_task();

}  // namespace apical
