// SPDX-License-Identifier: Apache-2.0
#include "apical/io/directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "apical/io/checked.h"
#include "apical/io/hash.h"

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
  std::int64_t result = -ENOENT;
  // Another process may take an empty parent away in between.
  for (int attempt = 0; result == -ENOENT && attempt < 3; ++attempt) {
    make_directories(parent);
    result = file_system().make_directory(path);
  }
  if (result == -EEXIST) return false;
  checked(path, "create directory", result);
  checked(parent, "sync directory", file_system().sync_directory(parent));
  return true;
}

void copy_file(const Path& from, const Path& to) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  const Path temporary = temporary_name(to);
  try {
    const File source(from, FileSystem::Mode::read);
    File target(temporary, FileSystem::Mode::create_new);
    Bytes block(kBlock);
    RunningHash read;
    for (std::uint64_t at = 0;;) {
      const std::size_t n = source.read_at(block, at);
      target.write_at(std::span(block).first(n), at);
      read.add(std::span(block).first(n));
      if (n < block.size()) break;
      at += n;
    }
    target.sync();
    target.close();
    if (hash_file(temporary) != read.value())
      throw IoError(fmt::format("{}: read back other bytes than were written", temporary.string()));
    rename_file(temporary, to);
  } catch (...) {
    try_remove_file(temporary);
    throw;
  }
}

namespace {

/// `above` are the directories that we are in: one of them that a link leads to is not entered again.
void add_files_below(const Path& path, std::vector<Path>& above, std::vector<Path>& out) {
  std::error_code unknown;
  const Path own = std::filesystem::canonical(path, unknown);
  if (std::find(above.begin(), above.end(), own) != above.end()) return;
  above.push_back(own);
  for (const std::string& name : list_directory(path)) {
    if (directory_exists(path / name)) {
      add_files_below(path / name, above, out);
    } else {
      out.push_back(path / name);
    }
  }
  above.pop_back();
}

}  // namespace

std::vector<Path> files_below(const Path& path) {
  std::vector<Path> above, out;
  add_files_below(path, above, out);
  return out;
}

}  // namespace apical::io
