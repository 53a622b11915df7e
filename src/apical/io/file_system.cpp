// SPDX-License-Identifier: Apache-2.0
#include "apical/io/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace apical::io {

namespace {
std::int64_t checked(std::int64_t result) { return result < 0 ? -static_cast<std::int64_t>(errno) : result; }

FileSystem machine;
std::atomic<FileSystem*> current{&machine};
}  // namespace

std::int64_t FileSystem::open(const Path& path, Mode mode) {
  int flags = O_CLOEXEC;
  if (mode == Mode::read) flags |= O_RDONLY;
  if (mode == Mode::create_new) flags |= O_RDWR | O_CREAT | O_EXCL;
  if (mode == Mode::read_write) flags |= O_RDWR | O_CREAT;
  return checked(::open(path.c_str(), flags, 0666));
}

std::int64_t FileSystem::close(int descriptor) { return checked(::close(descriptor)); }

std::int64_t FileSystem::read_at(int descriptor, std::span<std::byte> into, std::uint64_t offset) {
  return checked(::pread(descriptor, into.data(), into.size(), static_cast<off_t>(offset)));
}

std::int64_t FileSystem::write_at(int descriptor, std::span<const std::byte> from, std::uint64_t offset) {
  return checked(::pwrite(descriptor, from.data(), from.size(), static_cast<off_t>(offset)));
}

std::int64_t FileSystem::truncate(int descriptor, std::uint64_t size) {
  return checked(::ftruncate(descriptor, static_cast<off_t>(size)));
}

std::int64_t FileSystem::sync(int descriptor) { return checked(::fsync(descriptor)); }

std::int64_t FileSystem::size(int descriptor) {
  struct stat status {};
  const std::int64_t result = checked(::fstat(descriptor, &status));
  return result < 0 ? result : static_cast<std::int64_t>(status.st_size);
}

std::int64_t FileSystem::rename(const Path& from, const Path& to) {
  return checked(std::rename(from.c_str(), to.c_str()));
}

std::int64_t FileSystem::rename_new(const Path& from, const Path& to) {
  const std::int64_t result =
      checked(::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE));
  if (result != -EINVAL && result != -ENOSYS) return result;
  // NFS has no such flag; a hard link is as exclusive.
  const std::int64_t linked = checked(::link(from.c_str(), to.c_str()));
  return linked < 0 ? linked : checked(::unlink(from.c_str()));
}

std::int64_t FileSystem::link(const Path& from, const Path& to) {
  return checked(::link(from.c_str(), to.c_str()));
}

std::int64_t FileSystem::links(const Path& path) {
  struct stat status {};
  const std::int64_t result = checked(::stat(path.c_str(), &status));
  return result < 0 ? result : static_cast<std::int64_t>(status.st_nlink);
}

std::int64_t FileSystem::touch(const Path& path) {
  return checked(::utimensat(AT_FDCWD, path.c_str(), nullptr, 0));
}

std::int64_t FileSystem::modified(const Path& path) {
  struct stat status {};
  const std::int64_t result = checked(::stat(path.c_str(), &status));
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return result < 0 ? result : status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec;
}

std::int64_t FileSystem::remove(const Path& path) { return checked(::unlink(path.c_str())); }

std::int64_t FileSystem::make_directory(const Path& path) { return checked(::mkdir(path.c_str(), 0777)); }

std::int64_t FileSystem::sync_directory(const Path& path) {
  const std::int64_t descriptor = checked(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor < 0) return descriptor;
  const std::int64_t result = checked(::fsync(static_cast<int>(descriptor)));
  ::close(static_cast<int>(descriptor));
  // Some network and FUSE file systems cannot sync a directory and say so: nothing is lost that they promise.
  return result == -EINVAL || result == -ENOTSUP ? 0 : result;
}

std::int64_t FileSystem::list(const Path& directory, std::vector<std::string>& names) {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return -static_cast<std::int64_t>(errno);
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream);
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  const std::int64_t result = -static_cast<std::int64_t>(errno);
  ::closedir(stream);
  return result;
}

std::int64_t FileSystem::kind(const Path& path) {
  struct stat status {};
  const std::int64_t result = checked(::stat(path.c_str(), &status));
  if (result == -ENOENT || result == -ENOTDIR) return static_cast<std::int64_t>(Kind::absent);
  if (result < 0) return result;
  return static_cast<std::int64_t>(S_ISDIR(status.st_mode) ? Kind::directory : Kind::file);
}

FileSystem& file_system() noexcept { return *current.load(std::memory_order_acquire); }

ScopedFileSystem::ScopedFileSystem(FileSystem& other) noexcept : previous_(current.exchange(&other)) {}
ScopedFileSystem::~ScopedFileSystem() { current.store(previous_); }

}  // namespace apical::io
