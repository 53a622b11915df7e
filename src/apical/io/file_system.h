// SPDX-License-Identifier: Apache-2.0
// The operations on files that Apical uses, and the one seam where tests put another disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace apical::io {

/// The file system of the machine. Results are >= 0 or -errno, as the kernel has it, so that a fault is a
/// value; reads and writes may be short. Callers want file.h, which checks and throws.
class FileSystem {
 public:
  using Path = std::filesystem::path;
  enum class Mode {
    read,
    create_new,  ///< read and write; fails if the name exists
    read_write,  ///< created if absent, kept if present
  };
  enum class Kind : std::int64_t { absent = 0, file = 1, directory = 2 };

  virtual ~FileSystem() = default;
  virtual std::int64_t open(const Path& path, Mode mode);  ///< a descriptor
  virtual std::int64_t close(int descriptor);
  virtual std::int64_t read_at(int descriptor, std::span<std::byte> into, std::uint64_t offset);
  virtual std::int64_t write_at(int descriptor, std::span<const std::byte> from, std::uint64_t offset);
  virtual std::int64_t truncate(int descriptor, std::uint64_t size);
  virtual std::int64_t sync(int descriptor);
  virtual std::int64_t size(int descriptor);
  virtual std::int64_t rename(const Path& from, const Path& to);
  virtual std::int64_t rename_new(const Path& from, const Path& to);  ///< -EEXIST rather than replace
  virtual std::int64_t link(const Path& from, const Path& to);        ///< a second name; -EEXIST as above
  virtual std::int64_t links(const Path& path);                       ///< how many names it has
  virtual std::int64_t touch(const Path& path);     ///< modified now, by the clock of whoever keeps the file
  virtual std::int64_t modified(const Path& path);  ///< when, in nanoseconds since 1970
  virtual std::int64_t remove(const Path& path);
  virtual std::int64_t make_directory(const Path& path);  ///< -EEXIST if there is something of that name
  virtual std::int64_t sync_directory(const Path& path);
  virtual std::int64_t list(const Path& directory, std::vector<std::string>& names);
  virtual std::int64_t kind(const Path& path);  ///< a Kind
};

/// The file system in use; the machine's unless a ScopedFileSystem lives.
FileSystem& file_system() noexcept;

/// Everything io does goes to `other` while this lives. For tests; not while other threads do I/O.
class ScopedFileSystem {
 public:
  explicit ScopedFileSystem(FileSystem& other) noexcept;
  ~ScopedFileSystem();
  ScopedFileSystem(const ScopedFileSystem&) = delete;
  ScopedFileSystem& operator=(const ScopedFileSystem&) = delete;

 private:
  FileSystem* previous_;
};

}  // namespace apical::io
