// SPDX-License-Identifier: Apache-2.0
// Files that either succeed or say why: whole reads, atomic writes, append-only logs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apical/core/error.h"
#include "apical/io/file_system.h"

namespace apical::io {

using Path = std::filesystem::path;
using Bytes = std::vector<std::byte>;

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// "runs/a/x.bin: cannot write: No space left on device", with its parts.
class FileError : public IoError {
 public:
  FileError(Path path, std::string operation, int code);
  const Path& path() const noexcept { return path_; }
  const std::string& operation() const noexcept { return operation_; }
  int code() const noexcept { return code_; }  ///< an errno

 private:
  Path path_;
  std::string operation_;
  int code_;
};

/// IoError if it is a pipe, a device or a socket: whoever opens a pipe waits for its writer, and a device may
/// never end. For what other libraries open.
void require_no_device(const Path& path);

/// An open file. Errors throw FileError; pipes, devices and sockets are not read (IoError); the destructor
/// closes in silence, so call close() where it matters.
class File {
 public:
  File(Path path, FileSystem::Mode mode);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&&) = delete;

  const Path& path() const noexcept { return path_; }
  std::uint64_t size() const;
  /// Bytes read: all of `into` unless the file ends before.
  std::size_t read_at(std::span<std::byte> into, std::uint64_t offset) const;
  void write_at(std::span<const std::byte> from, std::uint64_t offset);  ///< all of it
  void truncate(std::uint64_t size);
  /// A failed sync may have dropped the dirty pages, after which the next one reports success (fsyncgate,
  /// 2018); so after a failure every later sync and close of this file fails too.
  void sync();
  void close();

 private:
  std::int64_t checked(const char* operation, std::int64_t result) const;
  Path path_;
  FileSystem* system_;
  int descriptor_ = -1;
  int sync_fault_ = 0;
};

Bytes read_file(const Path& path);
std::string read_text(const Path& path);
/// The same, also of a pipe that a process writes into, as in 'apical check <(…)'. IoError beyond 256 MB.
std::string read_text_or_pipe(const Path& path);

/// XXH3 of a file's bytes, read in pieces: of its first `most`, or of all if it has fewer.
std::uint64_t hash_file(const Path& path, std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

/// Afterwards `path` holds the old content or the new one, whatever happened in between; on return the new
/// one, on stable storage and read back. A fault leaves no temporary file behind unless the process dies.
void write_atomically(const Path& path, std::span<const std::byte> content);
void write_atomically(const Path& path, std::string_view content);
/// The same, of pieces in their order.
void write_atomically(const Path& path, std::span<const std::span<const std::byte>> pieces);

/// A name beside `path` no other process or call uses: "x.bin.tmp-<pid>-<n>".
Path temporary_name(const Path& path);
/// Whether a file has such a name.
bool is_temporary(const Path& path);
/// Removes what killed processes left under a temporary_name() in `directory`. Hold the run lock.
void remove_temporaries(const Path& directory);

bool file_exists(const Path& path);
/// With its parents. Done already is fine; a file in its place is an IoError.
void make_directories(const Path& path);
/// Names, sorted.
std::vector<std::string> list_directory(const Path& path);
void rename_file(const Path& from, const Path& to);  ///< and sync the directory of `to`
void remove_file(const Path& path);
/// Removes if it can; for cleaning up while another error is on its way.
void try_remove_file(const Path& path) noexcept;

/// A file that only grows. Small appends are gathered in memory; after a failure every later call throws that
/// failure again, for what is on disk past synced_offset() is unknown.
class AppendFile {
 public:
  /// Opens or creates, cut to `offset` bytes. A file shorter than that is a DataError.
  explicit AppendFile(Path path, std::uint64_t offset = 0);
  void append(std::string_view text);
  void flush();  ///< to the system: survives the process
  void sync();   ///< to the disk: survives power loss
  void truncate(std::uint64_t offset);
  void close();  ///< flush, sync, close
  std::uint64_t offset() const noexcept { return written_ + pending_.size(); }
  std::uint64_t synced_offset() const noexcept { return synced_; }

 private:
  template <class F>
  void guarded(F&& action);
  void write_pending();
  File file_;
  std::string pending_;
  std::uint64_t written_ = 0, synced_ = 0;
  std::exception_ptr fault_;
};

}  // namespace apical::io
