// SPDX-License-Identifier: Apache-2.0
// What a run leaves when a value is no longer finite: a line in its events, the state for a post-mortem, and
// a message that says what there is to go on from.
#pragma once

#include <cstdint>
#include <vector>

#include "apical/analysis/measurement.h"
#include "apical/core/error.h"
#include "apical/io/checkpoint.h"
#include "apical/io/journal.h"

namespace apical {

/// checkpoints/fault-state.apc of a run: not a checkpoint that anything would continue from.
io::Path fault_state_file(const io::Path& run);
/// Writes it; nothing if there are no sections.
void write_fault_state(const io::Path& run, std::uint64_t experiment, std::uint64_t sequence,
                       std::vector<io::CheckpointSection> sections);

/// NumericalFault if a value is no measurement (is_measured_or_missing()): names the place and the metric;
/// the step is the epoch. Engines find most before, and know the unit.
void require_measured(const Measurement& measurement);

/// Population, quantity, unit, seed, step and time.
void add_fault(io::JsonLine& line, const NumericalFault::Where& where);

/// The same fault; its message also says which of its state and checkpoints `run` keeps.
NumericalFault with_what_is_kept(const NumericalFault& fault, const io::Path& run);

}  // namespace apical
