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

/// Of a plan: what nobody has done, or is doing.
std::vector<std::size_t> open_tasks(const sweep::Plan& plan, const Claim& known);
/// An array job for these tasks, handed to sbatch with further options; --jobs, --at-once, --threads,
/// --max-tasks and --data are those of the command. What sbatch said; with --dry-run only the script. IoError
/// if there is no sbatch, or if it refuses.
std::string submit_to_slurm(const Arguments& arguments, const sweep::Plan& plan,
                            const std::vector<std::size_t>& tasks, const std::vector<std::string>& sbatch);
/// Whether it was before.
bool was_submitted(const sweep::Plan& plan);

}  // namespace apical::cli
