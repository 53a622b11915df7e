// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apical/sweep/plan.h"

namespace apical::sweep {

struct SlurmOptions {
  std::string program = "apical";        ///< its path on the nodes
  std::size_t jobs = 0;                  ///< workers that take what is open; 0: one job for each task
  std::size_t at_once = 0;               ///< jobs; 0: as many as the cluster gives
  std::vector<std::string> worker = {};  ///< further arguments of 'apical sweep run'
  std::vector<std::string> sbatch = {};  ///< options for sbatch, after ours
};

/// A job script for sbatch: an array with an element for each of these tasks. An element that gets USR1, two
/// minutes before its time ends, saves its state and puts itself back into the queue, a hundred times at
/// most; one that gets TERM saves it and ends. UsageError if its time is over before it can do anything.
std::string slurm_script(const Plan& plan, const std::vector<std::size_t>& tasks,
                         const SlurmOptions& options);

}  // namespace apical::sweep
