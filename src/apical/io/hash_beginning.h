// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "apical/io/file.h"

namespace apical::io {

/// XXH3 of a file's first `bytes`, or of all if it has fewer, read in pieces.
std::uint64_t hash_beginning(const Path& path, std::uint64_t bytes);

}  // namespace apical::io
