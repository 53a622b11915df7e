// SPDX-License-Identifier: Apache-2.0
// Final figures of runs as a table for people.
#pragma once

#include <string>
#include <vector>

#include "apical/run/run.h"

namespace apical::cli {

/// Rows of equally many cells, in columns as wide as their widest cell.
std::string aligned_table(const std::vector<std::vector<std::string>>& rows);

/// One row a run: test accuracy or loss with its 95 % interval over seeds, angle to the gradient, wall time.
std::string result_table(const std::vector<RunResult>& runs);

/// Columns as wide as their widest cell; the first row is the heading.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace apical::cli
