// SPDX-License-Identifier: Apache-2.0
// The golden formats, one line each; add_all_formats() registers them.
#pragma once

#include <vector>

#include "golden/golden.h"

namespace apical::golden {

void add_all_formats(std::vector<Format>& list);

}  // namespace apical::golden
