// SPDX-License-Identifier: Apache-2.0
// How much memory an experiment takes, computed from its sizes: nothing of its size is allocated, so that
// what does not fit can be refused by what it needs.
#pragma once

#include <string>

#include "apical/core/rank_place.h"
#include "apical/core/resources.h"
#include "apical/experiment/experiment.h"

namespace apical {

/// Bytes of all seeds together. An estimate, but for `state` of circuits in continuous time, which is exact:
/// measured peaks lie within a third of it (`bench/memory.py`).
struct MemoryNeed {
  double state = 0;       ///< weights, neurons, optimisers
  double working = 0;     ///< while it learns: credit, activities of batches, experience of environments
  double passing = 0;     ///< now and then: a copy of the state while a checkpoint is written, or the copies,
                          ///< credit and gradient with which the end is examined; the larger of them
  double data = 0;        ///< samples that are generated; those of files are read before they are counted
  double program = 25e6;  ///< the program itself with its libraries
  double total() const { return state + working + passing + data + program; }
};

MemoryNeed memory_need(const Experiment& experiment, std::size_t threads);
/// With the spikes of files that are replayed, which every process reads whole. DataError, IoError.
MemoryNeed memory_need(const Experiment& experiment, const Resources& resources);
/// Of one of the ranks that share each network. Of circuits synapses are divided, of rate neurons those of
/// large projections; neurons are known to all. Of layered networks work is divided, and each rank has all.
struct RankMemory {
  double each = 0;    ///< bytes of all seeds
  double saving = 0;  ///< where checkpoints come together: on rank 0, and on all when they go on from one
};
/// Their parts are of about equal work, and need not be of equal size.
struct MemoryOfRanks {
  RankMemory least, most;
};
inline constexpr double kProgramOfRank = 55e6;  ///< the program with a library of MPI
RankMemory memory_of_rank(const Experiment& experiment, RankPlace place);
MemoryOfRanks memory_of_ranks(const Experiment& experiment, std::size_t ranks);

/// "2.71 GB", "12352 GB"; what is far below one in its own unit: "9.6 kB".
std::string gigabytes_text(double bytes);
/// What is wrong if that does not fit; empty if it does.
std::string too_much(const MemoryNeed& need, const Memory& available);
/// IoError if it does not fit, or this rank's part of it.
void check_memory(const Experiment& experiment, const Resources& resources);

}  // namespace apical
