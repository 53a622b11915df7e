// SPDX-License-Identifier: Apache-2.0
// One page of runs that lie in several directories: of models beside each other, and of one experiment whose
// seeds several jobs have run.
#pragma once

#include <span>

#include "apical/io/file.h"

namespace apical {

/// Writes the page of all runs in `directories` (runs or comparisons). Runs whose experiments differ in
/// nothing but seeds, names and checkpoints are shown as one over all of their seeds; a seed that several of
/// them have run has to have come to the same bits, and counts once. DataError if it has not, if such runs
/// were shown different data or made by versions with other numerics, or if no run has begun. IoError
/// if `page` is a file of a run (run/place_of_results.h).
void write_joint_report(std::span<const io::Path> directories, const io::Path& page);

}  // namespace apical
