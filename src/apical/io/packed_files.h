// SPDX-License-Identifier: Apache-2.0
// Files inside a tar, tar.gz, tar.xz, tar.zst or zip archive, through libarchive.
#pragma once

#include <functional>
#include <string>

#include "apical/io/file.h"

namespace apical::io {

/// Calls `f` with the path and content of every regular file, in the order of the archive. FileError if it
/// cannot be opened; DataError if it is no archive, cut off or damaged, or a file in it is larger than
/// `largest` bytes.
void for_each_packed_file(const Path& archive, std::size_t largest,
                          const std::function<void(const std::string&, Bytes)>& f);

}  // namespace apical::io
