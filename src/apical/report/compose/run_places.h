// SPDX-License-Identifier: Apache-2.0
// Where runs stand that are read together though no sweep made them: over the keys with numbers in which
// their experiments differ (run_axes.h).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apical/io/file.h"
#include "apical/report/compose/report_data.h"
#include "apical/report/compose/run_axes.h"

namespace apical {

/// Under what a run came about.
struct RunConditions {
  std::map<std::string, std::string> written = {};  ///< its experiment, by key
  int numerics = 0;
  std::string fingerprint = {};  ///< of its data; empty: made from the seeds alone
};
RunConditions conditions_of(const io::Path& run, const std::string& experiment_toml);

/// The keys that say what was run: not how it was computed or recorded, nor what came of it.
ExperimentValues values_said(const io::Path& run, const RunConditions& conditions);

/// No axes also where something parts the runs that no key says: precision, numerics, data of one task, lists
/// too long to be read.
RunAxes axes_of_conditions(std::span<const RunConditions> conditions,
                           const std::vector<ExperimentValues>& values);

struct RunPlaces {
  std::vector<SweptRun> sweep = {};  ///< series after series, each from its least value
  std::optional<RunGrid> grid = {};
  bool empty() const { return sweep.empty() && !grid; }
};
/// `labels` of each run. Empty of fewer than three runs, of more than two axes, and of a map of which most
/// fields are.
RunPlaces places_of(const RunAxes& axes, const std::vector<std::string>& labels);

/// "relu, width 100" for each run: names that say the places. Without the table of a key, which its axis
/// says.
std::vector<std::string> labels_of(const RunAxes& axes);

}  // namespace apical
