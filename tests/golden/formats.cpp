// SPDX-License-Identifier: Apache-2.0
#include "golden/formats.h"

#include "golden/burst_networks.h"
#include "golden/burstprop.h"
#include "golden/credit_through_time.h"
#include "golden/discrimination.h"
#include "golden/microcircuits.h"
#include "golden/ngrad.h"
#include "golden/representation.h"
#include "golden/tasks.h"

namespace apical::golden {

void add_all_formats(std::vector<Format>& list) {
  add_microcircuit_formats(list);
  add_match_run_formats(list);
  add_ngrad_formats(list);
  add_task_formats(list);
  add_burst_network_formats(list);
  add_burst_ccn_in_time_formats(list);
  add_burst_ccn_spiking_formats(list);
  add_burst_digit_formats(list);
  add_burstprop_formats(list);
  add_credit_through_time_formats(list);
  add_representation_formats(list);
  add_discrimination_formats(list);
}

}  // namespace apical::golden
