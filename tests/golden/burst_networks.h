// SPDX-License-Identifier: Apache-2.0
// Replays of burst networks beyond burstprop: BurstCCN (Greedy et al., NeurIPS 2022) in its discrete form
// through the rule that layered networks are trained with, in continuous time and with spikes; spiking bursts
// on pictures.
#pragma once

#include <vector>

#include "golden/golden.h"

namespace apical::golden {

void add_burst_network_formats(std::vector<Format>& list);
void add_burst_ccn_in_time_formats(std::vector<Format>& list);
void add_burst_ccn_spiking_formats(std::vector<Format>& list);
void add_burst_digit_formats(std::vector<Format>& list);

}  // namespace apical::golden
