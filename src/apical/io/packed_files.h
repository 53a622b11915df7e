// SPDX-License-Identifier: Apache-2.0
// Files inside a tar, tar.gz, tar.xz, tar.zst or zip archive, through libarchive. Nothing is written: paths
// in an archive are only names here, and links are not followed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "apical/io/file.h"

namespace apical::io {

/// What no honest archive exceeds: a few bytes can unpack to anything.
struct PackedLimits {
  std::size_t largest;                            ///< bytes of one file that is wanted
  std::uint64_t total = std::uint64_t{16} << 30;  ///< bytes of all files
  std::size_t entries = 4'000'000;
};

/// Who is asked and told about the files of an archive, in its order.
struct PackedVisitor {
  std::function<bool(const std::string& path)> wants;
  std::function<void(const std::string& path, Bytes content)> take;
  /// Told of what is neither a file nor a folder: "a link", "no file".
  std::function<void(const std::string& path, const std::string& what)> leave = {};
};

/// FileError if the archive cannot be opened; DataError if it is none, cut off or damaged, beyond the limits,
/// or if a path in it leads outside ("/etc/x", "../x").
void visit_packed_files(const Path& archive, const PackedLimits& limits, const PackedVisitor& visitor);

}  // namespace apical::io
