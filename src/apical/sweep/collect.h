// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "apical/core/resources.h"
#include "apical/study/compare.h"
#include "apical/sweep/plan.h"

namespace apical::sweep {

struct CollectOptions {
  io::Path directory;
  bool partial = false;  ///< although tasks are missing: experiments that are complete
};

struct Collected {
  ComparisonResult comparison;       ///< what was put together
  std::vector<std::string> missing;  ///< experiments whose tasks are not all done
};

/// Makes the directory that 'apical run', 'compare' or 'probe' of the same experiments makes on one machine.
/// All that is computed is the same, byte for byte: metrics.ndjson, results.h5, spikes, the final state but
/// for its clocks. Times, hosts and versions are those of the workers and of whoever collects. An experiment
/// of which a task ended in a numerical fault is a fault of the comparison, as there. Error with exit code
/// check_failed if tasks are missing, DataError if a result is not whole. Done again it goes on with what it
/// left.
Collected collect(const Plan& plan, const CollectOptions& options, const Resources& resources,
                  const std::atomic<bool>& stop);

}  // namespace apical::sweep
