// SPDX-License-Identifier: Apache-2.0
// A folder of JPEG files as a task, whatever their number: ROOT/train/CLASS/*.jpg and ROOT/test/CLASS/*.jpg
// or ROOT/val/…
#pragma once

#include "apical/tasks/task.h"

namespace apical {

TaskInfo image_folder_task();

}  // namespace apical
