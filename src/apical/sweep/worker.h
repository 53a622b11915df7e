// SPDX-License-Identifier: Apache-2.0
// A process that claims one task of a plan after another and runs it.
#pragma once

#include <atomic>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "apical/core/resources.h"
#include "apical/run/session.h"
#include "apical/sweep/plan.h"

namespace apical::sweep {

struct WorkerOptions {
  std::size_t max_tasks = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> only = {};  ///< numbers of tasks; empty: any
  bool wait = false;                   ///< while others run, for what they may leave
  /// Called before each task; what it returns watches the run and must live until the next call.
  std::function<Listener*(const PlannedTask&)> watch = {};
  enum class News { good, bad };
  std::function<void(News, const std::string&)> say = {};  ///< a sentence for each task
};

struct WorkerResult {
  bool stopped = false;                ///< on request; the task it had is left to be gone on with
  std::size_t finished = 0;            ///< tasks, by this worker
  std::size_t left = 0;                ///< of those it looks at: open or lost
  std::size_t elsewhere = 0;           ///< that others run
  std::size_t failed = 0;              ///< that failed for good, whoever ran them
  std::vector<std::string> differing;  ///< results that came to other bits than those of others
};

/// DataError if the plan was changed, or is of a version that gives other numbers.
WorkerResult work(const Plan& plan, const WorkerOptions& options, const Resources& resources,
                  const std::atomic<bool>& stop);

}  // namespace apical::sweep
