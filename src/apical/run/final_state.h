// SPDX-License-Identifier: Apache-2.0
// What a finished run came to, apart from times.
#pragma once

#include <string>
#include <vector>

#include "apical/io/checkpoint.h"

namespace apical {

/// The state at the end, without what depends on when checkpoints were written; empty if there is none.
std::vector<io::CheckpointSection> final_state(const io::Path& run);

/// The same bits. Of runs that keep no state, what they leave is their activity.
bool same_state(const io::Path& run, const io::Path& other);

/// A hash of all numbers that a finished run gave: what it measured, and its final state.
std::string digest_of_run(const io::Path& run);

}  // namespace apical
