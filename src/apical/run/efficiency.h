// SPDX-License-Identifier: Apache-2.0
// How much data, time and how many synaptic events a run took to learn, and what its model takes for granted:
// read from the files of the run.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "apical/io/file.h"
#include "apical/run/sample_cost.h"

namespace apical {

struct Efficiency {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  /// Training samples shown, at the first validation with at least 95 % of the last validation's accuracy;
  /// mean over seeds. Whole epochs, unless validations are rarer. NaN for tasks without accuracy.
  double samples_to_95 = kUnknown;
  double seconds_per_epoch = kUnknown;  ///< of training, all seeds together
  SampleCost cost{kUnknown, kUnknown, kUnknown};
  std::vector<std::string> needs;  ///< ingredients by name
};

Efficiency read_efficiency(const io::Path& run);

}  // namespace apical
