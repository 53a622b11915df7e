// SPDX-License-Identifier: Apache-2.0
// Ranks that a launcher started (mpirun, srun --mpi=pmix), joined by MPI. The program has no MPI in it: a
// plugin has, which is loaded on --mpi and at no other time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "apical/cli/command.h"
#include "apical/core/ranks.h"
#include "apical/experiment/experiment.h"
#include "apical/io/file.h"

namespace apical::cli {

/// --mpi, --spread, --mpi-timeout
const std::vector<Option>& mpi_options();

/// Processes that a launcher started together with this one, as far as the environment tells, and whether
/// this is the first of them.
struct Launch {
  std::size_t processes = 1;
  bool first = true;
};
Launch launch();

/// Without --mpi `lead` is called with null. With it: joins the ranks; rank 0 does `lead` and tells the
/// others what to do with it: they follow its sessions (run/shared_session.h), or work on a plan with it
/// (work_together). What rank 0 throws is thrown here, on it alone. Ends the process, and with it all others,
/// if another rank cannot go on, or with exit code 75 if it waits for others longer than --mpi-timeout. The
/// exit code; IoError if there is no plugin.
int alone_or_on_ranks(Context& context, const Arguments& arguments, const std::function<int(Ranks*)>& lead);

/// What --spread says, or else whether there are seeds and experiments for all ranks, or no other way.
bool spreads_seeds(const Arguments& arguments, const Ranks& ranks,
                   const std::vector<Experiment>& experiments);

struct WorkedTogether {
  bool stopped = false;
  std::vector<std::string> differing;
};
/// On rank 0: all ranks are workers of a plan until nothing is left of it, or one of them is asked to stop.
WorkedTogether work_together(Context& context, const Arguments& arguments, Ranks& ranks,
                             const io::Path& plan);

}  // namespace apical::cli
