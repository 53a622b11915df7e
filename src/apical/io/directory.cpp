// SPDX-License-Identifier: Apache-2.0
#include "apical/io/directory.h"

#include <cerrno>

namespace apical::io {
namespace {

std::int64_t or_throw(const Path& path, const char* operation, std::int64_t result) {
  if (result < 0) throw FileError(path, operation, static_cast<int>(-result));
  return result;
}

}  // namespace

bool directory_exists(const Path& path) {
  return or_throw(path, "stat", file_system().kind(path)) ==
         static_cast<std::int64_t>(FileSystem::Kind::directory);
}

bool make_new_directory(const Path& path) {
  const Path parent = path.has_parent_path() ? path.parent_path() : Path(".");
  make_directories(parent);
  const std::int64_t result = file_system().make_directory(path);
  if (result == -EEXIST) return false;
  or_throw(path, "create directory", result);
  or_throw(parent, "sync directory", file_system().sync_directory(parent));
  return true;
}

std::vector<Path> files_below(const Path& path) {
  std::vector<Path> out;
  for (const std::string& name : list_directory(path)) {
    if (!directory_exists(path / name)) {
      out.push_back(path / name);
      continue;
    }
    const std::vector<Path> deeper = files_below(path / name);
    out.insert(out.end(), deeper.begin(), deeper.end());
  }
  return out;
}

}  // namespace apical::io
