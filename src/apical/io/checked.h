// SPDX-License-Identifier: Apache-2.0
// How io turns what the file system answers into errors.
#pragma once

#include "apical/io/file.h"

namespace apical::io {

/// `result` of an operation on `path`; FileError if it is -errno.
inline std::int64_t checked(const Path& path, const char* operation, std::int64_t result) {
  if (result < 0) throw FileError(path, operation, static_cast<int>(-result));
  return result;
}

inline Path directory_of(const Path& path) { return path.has_parent_path() ? path.parent_path() : Path("."); }

}  // namespace apical::io
