// SPDX-License-Identifier: Apache-2.0
// Questions about directories, whose faults are IoErrors with path and reason like those of files.
#pragma once

#include <vector>

#include "apical/io/file.h"

namespace apical::io {

bool directory_exists(const Path& path);
/// With its parents; false if there is something of this name already: of many callers one makes it.
bool make_new_directory(const Path& path);
/// Paths of what is no directory in `path` and in directories below it, sorted.
std::vector<Path> files_below(const Path& path);

}  // namespace apical::io
