// SPDX-License-Identifier: Apache-2.0
// The files of a run as others may take them: not those half written, nor the lock of whoever writes.
#pragma once

#include <vector>

#include "apical/io/file.h"

namespace apical::sweep {

/// Paths, sorted.
std::vector<io::Path> files_of_run(const io::Path& run);
/// One of them, to the same place below `to`.
void copy_run_file(const io::Path& run, const io::Path& file, const io::Path& to);

}  // namespace apical::sweep
