// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "apical/io/checkpoint.h"
#include "apical/io/file.h"

namespace apical {

/// The last checkpoint of a run, which of a finished run is its final state; nothing if it has none. Unlike a
/// run that is resumed this sets nothing aside. Throws DataError if it is damaged or of another experiment.
std::optional<io::Checkpoint> find_last_checkpoint(const io::Path& run);

/// The same; throws DataError too if there is none.
io::Checkpoint last_checkpoint(const io::Path& run);

}  // namespace apical
