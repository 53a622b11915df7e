// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "apical/io/file.h"

namespace apical {

/// The directories of the runs that `directory` holds: itself if it is a run; of a comparison those that were
/// planned, in its order, begun or not. DataError if it is neither, or names what does not lie in it.
std::vector<io::Path> runs_in(const io::Path& directory);
/// The folders of protocols in what 'apical discriminate' wrote; of anything else none.
std::vector<io::Path> protocols_in(const io::Path& directory);

/// Of a comparison that has finished the runs that are no longer there, e.g. because somebody removed them.
std::vector<io::Path> gone_from(const io::Path& directory);

/// Throws DataError if `directory` is not that of a run.
void require_run(const io::Path& directory);

}  // namespace apical
