// SPDX-License-Identifier: Apache-2.0
// Workers of a plan, as commands start them.
#pragma once

#include "apical/cli/command.h"
#include "apical/sweep/worker.h"

namespace apical::cli {

/// --lost-host, for commands that start workers or look at them.
Option lost_worker_option();

/// In this process. Options of the command: --threads, --data …; `options` says which tasks.
sweep::WorkerResult run_worker(Context& context, const Arguments& arguments, const sweep::Plan& plan,
                               sweep::WorkerOptions options);

/// As processes of their own, which share the threads, so that one that dies takes nothing with it. The worst
/// of their exit codes: what is wrong outweighs what only has to go on.
int run_worker_processes(Context& context, const Arguments& arguments, const io::Path& plan,
                         std::size_t workers);

}  // namespace apical::cli
