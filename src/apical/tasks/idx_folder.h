// SPDX-License-Identifier: Apache-2.0
// Pictures in IDX files of one's own, with any number of classes, such as EMNIST (Cohen, Afshar, Tapson & van
// Schaik 2017).
#pragma once

#include "apical/tasks/idx_images.h"

namespace apical {

TaskInfo idx_folder_task();

}  // namespace apical
