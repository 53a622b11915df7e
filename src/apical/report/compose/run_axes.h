// SPDX-License-Identifier: Apache-2.0
// Over what runs that no sweep made can be read together: the keys with numbers in which their experiments
// differ. What else they differ in, such as the model, parts them into series.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apical/run/run_row.h"

namespace apical {

/// Keys of one experiment with their values, as 'apical runs' has them.
using ExperimentValues = std::map<std::string, RunValue, std::less<>>;

struct RunAxis {
  std::string name;  ///< the key; of a list whose items are equal in every run the list; "a, b" of keys with
                     ///< one ratio in every run
  std::vector<std::string> keys;
  std::vector<double> at;    ///< of each run
  bool logarithmic = false;  ///< the values ask for it
};

struct RunAxes {
  std::vector<RunAxis> axes;
  /// Of each run, in words: "relu, width 100", "error-neuron-microcircuit"; all empty if there is one series.
  std::vector<std::string> series;
};

/// No axes if a key varies that some runs do not have, if a series has one value of one, or if two runs of a
/// series stand at one place. Keys in `run.` say how it was computed and are none; seeds are names, not
/// numbers.
RunAxes axes_of_runs(const std::vector<ExperimentValues>& runs);

/// Whether the values, all positive and spread over most of a decade or more, lie more evenly on a
/// logarithmic axis.
bool ask_for_log(std::vector<double> values);

}  // namespace apical
