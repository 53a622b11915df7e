// SPDX-License-Identifier: Apache-2.0
// What a command would run, run by workers of a plan (sweep/plan.h) and put together where the command would
// have put it: by processes here, through Slurm, or on ranks.
#pragma once

#include <vector>

#include "apical/cli/command.h"
#include "apical/core/ranks.h"
#include "apical/experiment/protocol.h"
#include "apical/io/file.h"
#include "apical/study/compare.h"
#include "apical/sweep/plan.h"

namespace apical::cli {

/// --on, and what goes with it.
const std::vector<Option>& place_options();

enum class Place {
  here,   ///< in this process
  local,  ///< by processes
  slurm,
  mpi  ///< by the ranks that a launcher started
};
/// What --on says. UsageError for another word, or for an option that does not go with it.
Place place_of(const Arguments& arguments);
/// Whether this process is one of several ranks: --mpi, or --on mpi.
bool asks_for_ranks(const Arguments& arguments);

/// Where workers have their plan of what goes to `out`.
io::Path parts_of(const io::Path& out);
/// For who would go on without them.
Error only_apart(const io::Path& out);

/// What is divided among workers.
struct Divided {
  std::vector<Experiment> experiments;
  bool comparison = false;                           ///< as in sweep/plan.h
  const std::vector<ProbedModel>* probed = nullptr;  ///< of a protocol, whose experiments these are
};
std::vector<Experiment> experiments_of(const std::vector<ProbedModel>& models);

struct DoneApart {
  enum class End {
    complete,
    stopped,  ///< on request: the same call goes on
    waits     ///< for others, which has been said: the same call goes on, or collects
  };
  End end = End::complete;
  ComparisonResult comparison = {};  ///< if complete: what was put together in `out`
};

/// Makes in `out` what 'run', 'compare' or 'probe' makes of it. What could not be run is an error with the
/// reason of the first task that failed; if nothing was done no plan stays behind.
DoneApart run_apart(Context& context, const Arguments& arguments, Ranks* ranks, const Divided& what,
                    const io::Path& out);

/// Has a plan worked on as --on says, as far as that comes; false if it now waits for others.
bool work_on(Context& context, const Arguments& arguments, Ranks* ranks, const sweep::Plan& plan);

}  // namespace apical::cli
