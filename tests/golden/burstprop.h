// SPDX-License-Identifier: Apache-2.0
// Replays of burstprop (Payeur et al. 2021): single neurons, short-term plasticity, the plasticity rule,
// pairing protocols and the rate network. Spiking files run through the engine itself, in double, with the
// quirks of the published program.
#pragma once

#include <vector>

#include "golden/golden.h"

namespace apical::golden {

void add_burstprop_formats(std::vector<Format>& list);

}  // namespace apical::golden
