// SPDX-License-Identifier: Apache-2.0
// What learning took, run by run, as a table for people.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "apical/run/efficiency.h"

namespace apical::cli {

/// One row a run, by label.
std::string cost_table(const std::vector<std::pair<std::string, Efficiency>>& runs, std::size_t columns = 0);

}  // namespace apical::cli
