// SPDX-License-Identifier: Apache-2.0
// Final figures of runs as tables for people, made from what was measured and the catalogue of metrics.
#pragma once

#include <string>
#include <vector>

#include "apical/cli/text_table.h"
#include "apical/run/run.h"

namespace apical::cli {

/// One row a run: what models are compared by (headlines of the catalogue) with intervals over seeds, angle
/// to the gradient, wall time. A column is there if any run has measured it.
std::string result_table(const std::vector<RunResult>& runs, std::size_t columns = 0);

/// One row for each measure that answers the question of the run, first and last time; empty if the run says
/// of none that it does.
std::string measure_table(const RunResult& run, std::size_t columns = 0);
/// The same of several runs side by side, the last time of each: a column a run, "-" where it was not
/// measured.
std::string measure_table(const std::vector<RunResult>& runs, std::size_t columns = 0);

}  // namespace apical::cli
