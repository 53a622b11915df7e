// SPDX-License-Identifier: Apache-2.0
#include "apical/io/claimed_file.h"

#include <fmt/format.h>

#include <cerrno>

#include "apical/io/checked.h"
#include "apical/io/run_lock.h"

namespace apical::io {
namespace {

/// temporary_name() is of this machine: another host may have a process of the same number.
Path name_of_this_host(const Path& path) {
  static const std::string host = this_process().host;
  Path out = path;
  out += fmt::format(".tmp-{}", host);
  return temporary_name(out);
}

}  // namespace

bool add_file(const Path& path, std::string_view content) {
  const Path temporary = name_of_this_host(path);
  try {
    write_atomically(temporary, content);
    const std::int64_t linked = file_system().link(temporary, path);
    if (linked == -EPERM || linked == -EOPNOTSUPP || linked == -ENOSYS) {  // a disk without hard links
      const std::int64_t renamed = file_system().rename_new(temporary, path);
      if (renamed != -EEXIST) checked(path, "create", renamed);
      if (renamed < 0) remove_file(temporary);
      return renamed == 0;
    }
    const bool ours = checked(temporary, "stat", file_system().links(temporary)) == 2;
    if (!ours && linked != -EEXIST) checked(path, "create", linked);
    remove_file(temporary);
    if (ours) checked(path, "sync directory", file_system().sync_directory(directory_of(path)));
    return ours;
  } catch (...) {
    try_remove_file(temporary);
    throw;
  }
}

std::optional<double> modified_s(const Path& path) {
  const std::int64_t result = file_system().modified(path);
  if (result == -ENOENT) return std::nullopt;
  return static_cast<double>(checked(path, "stat", result)) * 1e-9;
}

bool touch_file(const Path& path) {
  const std::int64_t result = file_system().touch(path);
  if (result == -ENOENT) return false;
  checked(path, "touch", result);
  return true;
}

double server_now_s(const Path& directory) {
  constexpr std::size_t kBlock = 4096;
  const Path probe = name_of_this_host(directory / "clock");
  try {
    File file(probe, FileSystem::Mode::create_new);
    file.write_at(Bytes(kBlock), 0);  // a full disk takes files, but nothing in them
    file.close();
    touch_file(probe);
    const double now = modified_s(probe).value_or(0);
    remove_file(probe);
    return now;
  } catch (...) {
    try_remove_file(probe);
    throw;
  }
}

}  // namespace apical::io
