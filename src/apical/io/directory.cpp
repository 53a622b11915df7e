// SPDX-License-Identifier: Apache-2.0
#include "apical/io/directory.h"

#include <cerrno>

#include "apical/io/checked.h"

namespace apical::io {

bool directory_exists(const Path& path) {
  return checked(path, "stat", file_system().kind(path)) ==
         static_cast<std::int64_t>(FileSystem::Kind::directory);
}

bool plain_file_exists(const Path& path) {
  return checked(path, "stat", file_system().kind(path)) == static_cast<std::int64_t>(FileSystem::Kind::file);
}

std::uint64_t file_size(const Path& path) { return File(path, FileSystem::Mode::read).size(); }

bool make_new_directory(const Path& path) {
  const Path parent = directory_of(path);
  make_directories(parent);
  const std::int64_t result = file_system().make_directory(path);
  if (result == -EEXIST) return false;
  checked(path, "create directory", result);
  checked(parent, "sync directory", file_system().sync_directory(parent));
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
