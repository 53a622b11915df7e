// SPDX-License-Identifier: Apache-2.0
// MNIST: 60000 + 10000 handwritten digits of 28 x 28 pixels (LeCun, Bottou, Bengio & Haffner 1998).
#pragma once

#include "apical/tasks/idx_images.h"

namespace apical {

/// Names, sizes and CRC-32 of the originals (computed from files whose MD5 is the published one).
const IdxDataset& mnist_files();

TaskInfo mnist_task();

}  // namespace apical
