// SPDX-License-Identifier: Apache-2.0
// Questions about directories and about files by their names, whose faults are IoErrors with path and reason
// like those of reading them.
#pragma once

#include <vector>

#include "apical/io/file.h"

namespace apical::io {

bool directory_exists(const Path& path);
/// There is something of this name, or something that a link of this name leads to, and it is no directory.
bool plain_file_exists(const Path& path);
/// Of a file that can be read.
std::uint64_t file_size(const Path& path);
/// With its parents; false if there is something of this name already: of many callers one makes it.
bool make_new_directory(const Path& path);
/// Of a file that may be large: the same bytes, under a name of its own until they are all there.
void copy_file(const Path& from, const Path& to);
/// Paths of what is no directory in `path` and in directories below it, sorted. Links
/// are followed, but not in circles.
std::vector<Path> files_below(const Path& path);

}  // namespace apical::io
