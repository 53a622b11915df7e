// SPDX-License-Identifier: Apache-2.0
// One page of runs that lie in several directories: of models beside each other, and of one experiment whose
// seeds several jobs have run.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apical/io/file.h"
#include "apical/report/plot/figure.h"

namespace apical {

/// In the place of each folder the runs and comparisons in it; anything else is itself.
std::vector<io::Path> runs_meant(std::span<const std::string> given);

/// Writes the page of all runs in `directories` (runs or comparisons). Runs whose experiments differ in
/// nothing but seeds, names and checkpoints are shown as one over all of their seeds; a seed that several of
/// them have run has to have come to the same bits, and counts once. DataError if it has not, if such runs
/// were shown different data or made by versions with other numerics, or if no run has begun. IoError
/// if `page` is a file of a run (run/place_of_results.h).
/// Runs that differ in one or two keys with numbers are drawn over them, as those of a sweep.
void write_joint_report(std::span<const io::Path> directories, const io::Path& page);

/// Figures of the page, of one directory that of itself, of several the joint one; and what that page warns
/// of: runs that have not finished, or were not shown the same.
struct FiguresOfRuns {
  std::vector<Figure> figures;
  std::vector<std::string> warnings;
};
FiguresOfRuns figures_of_all(std::span<const io::Path> directories);

}  // namespace apical
