// SPDX-License-Identifier: Apache-2.0
#include "golden/formats.h"

#include "golden/burstprop.h"
#include "golden/microcircuits.h"
#include "golden/ngrad.h"
#include "golden/tasks.h"

namespace apical::golden {

void add_all_formats(std::vector<Format>& list) {
  add_microcircuit_formats(list);
  add_ngrad_formats(list);
  add_task_formats(list);
  add_burstprop_formats(list);
}

}  // namespace apical::golden
