// SPDX-License-Identifier: Apache-2.0
// The page of a directory.
#pragma once

#include "apical/io/file.h"

namespace apical {

/// Writes report.html of a run, a comparison, a sweep or a protocol again from its files; returns its path.
/// DataError if the directory holds none of them, or nothing of it has begun.
io::Path write_report(const io::Path& directory);

}  // namespace apical
