// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "apical/analysis/metrics.h"
#include "apical/io/file.h"

namespace apical::live {

struct Progress {
  double epochs_done = 0;
  std::optional<double> epochs = {};             ///< planned, if the experiment says so
  std::optional<double> seconds_per_epoch = {};  ///< median of the last ones
  std::optional<double> seconds_left = {};
  std::optional<double> silent_s = {};  ///< since anything was written
};

/// Of a run whose files are whole or being written. Errors as of reading them.
Progress progress_of(const io::Path& run);

/// "2 h 05 min", "3 min 12 s", "8 s".
std::string duration_text(double seconds);

/// Whether a figure says how well a model does while it learns: what models are compared by, in the
/// validation too, which is all there is before the end.
bool is_followed(const Metric& metric, const std::string& where);

}  // namespace apical::live
