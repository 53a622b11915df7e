// SPDX-License-Identifier: Apache-2.0
#include "apical/io/file_stamp.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace apical::io {

std::string stamp_of(const Path& path) {
  struct stat s = {};
  if (::stat(path.c_str(), &s) != 0) return "-";
  return fmt::format("{}@{}.{:09}@{}.{:09}#{}", s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec,
                     s.st_ctim.tv_sec, s.st_ctim.tv_nsec, s.st_ino);
}

}  // namespace apical::io
