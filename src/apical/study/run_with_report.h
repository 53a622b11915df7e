// SPDX-License-Identifier: Apache-2.0
// A run and then its page: what most commands mean by running something.
#pragma once

#include "apical/run/run.h"

namespace apical {

/// run_experiment(), then report.html unless the run was stopped. A run that was finished before gets its
/// page only if it has none.
RunResult run_with_report(const Experiment& experiment, const RunOptions& options, const Resources& resources,
                          const std::atomic<bool>& stop);

}  // namespace apical
