// SPDX-License-Identifier: Apache-2.0
// Where pages, figures, exported files and new runs may be written.
#pragma once

#include "apical/io/file.h"

namespace apical {

/// Files are written beside and renamed, so that whatever has the name is replaced. IoError if that is no
/// regular file, or belongs to a run, a comparison, a plan or another folder of results, which are kept as
/// they were written.
void require_place_for(const io::Path& file);

/// IoError if a folder above it holds a run. Comparisons and plans hold runs, and may.
void require_outside_of_runs(const io::Path& directory);

}  // namespace apical
