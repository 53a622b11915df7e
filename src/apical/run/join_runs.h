// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "apical/experiment/experiment.h"
#include "apical/io/file.h"

namespace apical {

/// Puts finished runs over parts of the seeds (seed_packs.h), in their order, together in `directory`: the
/// files of one run over all of them that was stopped after its last measurement. run_experiment() with
/// `resume` then writes the rest, to the bits of a run that was never divided; only times differ. What stood
/// there of an earlier call is replaced. DataError if the runs do not belong together.
void join_runs(const Experiment& whole, std::span<const io::Path> parts, const io::Path& directory);

}  // namespace apical
