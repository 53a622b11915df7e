// SPDX-License-Identifier: Apache-2.0
// The state of a session over all seeds, from those of sessions over some of them each.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "apical/io/checkpoint.h"

namespace apical {

/// Final checkpoints of parts, in the order of their seeds, as the one of a run over all of them, without the
/// run's books:
///   what is of a network of one or more replicas ("network0", "replica.3") follows one after another, with
///   new numbers; a section that only one part has ("seed-3") is taken as it is; clocks are added up; lists
///   with entries for replicas follow one another; all other numbers are the same in all parts, or given:
///   `of_all`, by the end of their name.
/// DataError if they are not.
std::vector<io::CheckpointSection> joined_state(std::span<const io::Checkpoint> parts,
                                                const std::map<std::string, io::Bytes>& of_all);

}  // namespace apical
