// SPDX-License-Identifier: Apache-2.0
// Golden files of the tasks (ids task_yinyang…, task_cartpole…, task_dms…). A file may lack constants,
// which are then those of the publications, and may hold only part of the keys: what is there is compared.
#pragma once

#include "golden/golden.h"

namespace apical::golden {

void add_task_formats(std::vector<Format>& list);

}  // namespace apical::golden
