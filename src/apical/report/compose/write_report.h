// SPDX-License-Identifier: Apache-2.0
// The page of a directory.
#pragma once

#include "apical/io/file.h"

namespace apical {

/// Writes report.html of a run or of a comparison (a directory of runs) again from its files; returns its
/// path. DataError if it holds neither.
io::Path write_report(const io::Path& directory);

}  // namespace apical
