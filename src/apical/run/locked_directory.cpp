// SPDX-License-Identifier: Apache-2.0
#include "apical/run/locked_directory.h"

#include <fmt/format.h>

#include <filesystem>

#include "apical/io/directory.h"
#include "apical/run/place_of_results.h"

namespace apical {
namespace {

void require_new(const io::Path& directory) {
  require_outside_of_runs(directory);
  if (std::filesystem::is_symlink(directory) && !io::file_exists(directory))
    throw IoError(fmt::format("{} is a link to {}, which is not there; expected a directory, or a new name",
                              directory.string(), std::filesystem::read_symlink(directory).string()));
  if (!io::file_exists(directory)) return;
  if (!io::directory_exists(directory))
    throw IoError(fmt::format("{} is not a directory", directory.string()));
  for (const std::string& name : io::list_directory(directory)) {
    // A process killed before its first file was complete leaves these, and nothing to resume.
    if (name == io::RunLock::kFileName || io::is_temporary(name)) continue;
    throw IoError(
        fmt::format("{} is not empty; a run never overwrites another\n  continue it with --resume, or choose "
                    "another --out",
                    directory.string()));
  }
}

/// A directory to lock.
const io::Path& made(const io::Path& path, bool resume) {
  if (!resume) require_new(path);
  io::make_directories(path);
  return path;
}

}  // namespace

LockedDirectory::LockedDirectory(const io::Path& path, bool resume, const Claim& claim)
    : lock_(made(path, resume), claim) {
  if (!resume) require_new(path);  // another process may have come and gone before the lock was taken
}

}  // namespace apical
