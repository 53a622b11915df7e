// SPDX-License-Identifier: Apache-2.0
// How the seeds of an experiment are divided among processes so that what these leave can be put together
// again.
#pragma once

#include <cstdint>
#include <vector>

#include "apical/experiment/experiment.h"

namespace apical {

/// Runs of consecutive seeds, of at least `seeds` each where there are as many: as few as fill the lanes of
/// the engine, or single ones. All in one where seeds end together (training.patience, training.minutes), or
/// where a run keeps more than its state tells ([[record]], what it goes on from, a course without a safe
/// point).
std::vector<std::vector<std::uint64_t>> seed_packs(const Experiment& experiment, std::size_t seeds = 1);

/// The experiment with some of its seeds, which follow one another; itself with all.
Experiment part_of(const Experiment& experiment, const std::vector<std::uint64_t>& seeds);

}  // namespace apical
