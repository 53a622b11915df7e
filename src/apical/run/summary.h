// SPDX-License-Identifier: Apache-2.0
// summary.json: the figures of a finished run, the same members for every kind of experiment.
//   measures  of each metric at each place, the first and the last time: mean over seeds with its 95 %
//             interval, median, and the seeds' own values (in the order of "seeds")
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "apical/io/file.h"

namespace apical {

/// From the files of a run that has measured everything.
nlohmann::json summary_of(const io::Path& run, double wall_seconds);

/// The entry of a metric, the last time it was measured. DataError if the summary has none.
const nlohmann::json& last_measure(const nlohmann::json& summary, const std::string& where,
                                   const std::string& metric);

}  // namespace apical
