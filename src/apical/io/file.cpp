// SPDX-License-Identifier: Apache-2.0
#include "apical/io/file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "apical/io/checked.h"
#include "apical/io/hash.h"

namespace apical::io {

namespace {
constexpr std::size_t kBlock = 1 << 20;
constexpr std::size_t kAppendBuffer = 64 << 10;
constexpr std::string_view kTemporary = ".tmp-";
}  // namespace

FileError::FileError(Path path, std::string operation, int code)
    : IoError(
          fmt::format("{}: cannot {}: {}", path.string(), operation, std::generic_category().message(code))),
      path_(std::move(path)),
      operation_(std::move(operation)),
      code_(code) {}

void require_no_device(const Path& path) {
  std::error_code none;
  const std::filesystem::file_status status = std::filesystem::status(path, none);
  using std::filesystem::file_type;
  for (const auto& [type, name] : {std::pair{file_type::fifo, "a pipe"},
                                   {file_type::character, "a device"},
                                   {file_type::block, "a device"},
                                   {file_type::socket, "a socket"}}) {
    if (status.type() == type) throw IoError(fmt::format("{}: is {}; expected a file", path.string(), name));
  }
}

File::File(Path path, FileSystem::Mode mode) : path_(std::move(path)), system_(&file_system()) {
  if (mode == FileSystem::Mode::read) require_no_device(path_);
  descriptor_ = static_cast<int>(
      checked(mode == FileSystem::Mode::create_new ? "create" : "open", system_->open(path_, mode)));
}

File::~File() {
  if (descriptor_ >= 0) system_->close(descriptor_);
}

File::File(File&& other) noexcept
    : path_(std::move(other.path_)),
      system_(other.system_),
      descriptor_(other.descriptor_),
      sync_fault_(other.sync_fault_) {
  other.descriptor_ = -1;
}

std::int64_t File::checked(const char* operation, std::int64_t result) const {
  return io::checked(path_, operation, result);
}

std::uint64_t File::size() const {
  return static_cast<std::uint64_t>(checked("stat", system_->size(descriptor_)));
}

std::size_t File::read_at(std::span<std::byte> into, std::uint64_t offset) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const std::int64_t n = system_->read_at(descriptor_, into.subspan(done), offset + done);
    if (n == -EINTR) continue;
    if (checked("read", n) == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

void File::write_at(std::span<const std::byte> from, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < from.size()) {
    const std::int64_t n = system_->write_at(descriptor_, from.subspan(done), offset + done);
    if (n == -EINTR) continue;
    // A write of nothing without an errno is a full device on some systems; asking again would not end.
    if (n == 0) throw FileError(path_, "write", ENOSPC);
    done += static_cast<std::size_t>(checked("write", n));
  }
}

void File::truncate(std::uint64_t size) { checked("truncate", system_->truncate(descriptor_, size)); }

void File::sync() {
  if (sync_fault_ != 0) throw FileError(path_, "sync (it failed before)", sync_fault_);
  const std::int64_t result = system_->sync(descriptor_);
  if (result < 0) sync_fault_ = static_cast<int>(-result);
  checked("sync", result);
}

void File::close() {
  if (descriptor_ < 0) return;
  const std::int64_t result = system_->close(descriptor_);
  descriptor_ = -1;  // Linux releases the descriptor even when close fails
  checked("close", result);
  if (sync_fault_ != 0) throw FileError(path_, "close (a sync failed before)", sync_fault_);
}

Bytes read_file(const Path& path) {
  File file(path, FileSystem::Mode::read);
  Bytes content(file.size());
  std::size_t done = 0;
  for (;;) {  // a file that grows while it is read, or one of /proc that has no size
    done += file.read_at(std::span(content).subspan(done), done);
    if (done < content.size()) break;
    std::array<std::byte, 1> more{};
    if (file.read_at(more, done) == 0) break;
    content.resize(done + kBlock);
    content[done++] = more[0];
  }
  content.resize(done);
  file.close();
  return content;
}

std::string read_text(const Path& path) {
  const Bytes content = read_file(path);
  return {reinterpret_cast<const char*>(content.data()), content.size()};
}

namespace {
/// What a process writes that stands in the place of a file, as in 'apical check <(…)'.
Bytes read_pipe(const Path& path) {
  constexpr std::size_t kMost = std::size_t{1} << 28;  // whoever writes may never stop
  std::ifstream pipe(path, std::ios::binary);
  if (!pipe) throw IoError(fmt::format("{}: cannot be opened", path.string()));
  Bytes content;
  while (pipe) {
    const std::size_t done = content.size();
    if (done > kMost) {
      throw IoError(fmt::format("{}: is a pipe that gives more than {} MB; expected a text, or a file",
                                path.string(), kMost >> 20));
    }
    content.resize(done + kBlock);
    pipe.read(reinterpret_cast<char*>(content.data() + done), static_cast<std::streamsize>(kBlock));
    content.resize(done + static_cast<std::size_t>(pipe.gcount()));
    if (pipe.bad()) throw IoError(fmt::format("{}: the pipe could not be read to its end", path.string()));
  }
  return content;
}
}  // namespace

std::string read_text_or_pipe(const Path& path) {
  std::error_code none;
  if (!std::filesystem::is_fifo(path, none)) return read_text(path);
  const Bytes content = read_pipe(path);
  return {reinterpret_cast<const char*>(content.data()), content.size()};
}

namespace {
struct SizeAndHash {
  std::uint64_t size = 0, hash = 0;
};

SizeAndHash size_and_hash(const Path& path, std::uint64_t most) {
  File file(path, FileSystem::Mode::read);
  RunningHash hash;
  Bytes block(kBlock);
  std::uint64_t size = 0;
  while (size < most) {
    const std::span<std::byte> piece =
        std::span(block).first(std::min<std::uint64_t>(block.size(), most - size));
    const std::size_t n = file.read_at(piece, size);
    hash.add(piece.first(n));
    size += n;
    if (n < piece.size()) break;
  }
  file.close();
  return {size, hash.value()};
}
}  // namespace

std::uint64_t hash_file(const Path& path, std::uint64_t most) { return size_and_hash(path, most).hash; }

Path temporary_name(const Path& path) {
  static std::atomic<std::uint64_t> count{0};
  Path out = path;
  out += fmt::format("{}{}-{}", kTemporary, ::getpid(), count++);
  return out;
}

bool is_temporary(const Path& path) {
  const std::string name = path.filename().string();
  const std::size_t mark = name.rfind(kTemporary), dash = name.rfind('-');
  if (mark == std::string::npos || dash < mark + kTemporary.size()) return false;
  const auto digits = [&](std::size_t from, std::size_t to) {
    return from < to && name.substr(from, to - from).find_first_not_of("0123456789") == std::string::npos;
  };
  return digits(mark + kTemporary.size(), dash) && digits(dash + 1, name.size());
}

void remove_temporaries(const Path& directory) {
  for (const std::string& name : list_directory(directory)) {
    if (!is_temporary(name)) continue;
    try {
      remove_file(directory / name);
    } catch (const FileError& e) {
      if (e.code() != ENOENT) throw;  // whoever made it has removed it
    }
  }
}

namespace {
void write_and_verify(const Path& temporary, std::span<const std::span<const std::byte>> pieces) {
  File file(temporary, FileSystem::Mode::create_new);
  std::uint64_t size = 0;
  RunningHash hash;
  for (const std::span<const std::byte> piece : pieces) {
    file.write_at(piece, size);
    hash.add(piece);
    size += piece.size();
  }
  file.sync();
  file.close();
  // Catches what the write calls did not say: lost tails, a disk that filled up, a driver that lied about
  // success.
  const SizeAndHash back = size_and_hash(temporary, std::numeric_limits<std::uint64_t>::max());
  if (back.size != size || back.hash != hash.value()) {
    throw IoError(fmt::format("{}: read back {} bytes with XXH3 {} after writing {} bytes with XXH3 {}",
                              temporary.string(), back.size, hex(back.hash), size, hex(hash.value())));
  }
}
}  // namespace

void write_atomically(const Path& path, std::span<const std::span<const std::byte>> pieces) {
  const Path temporary = temporary_name(path);
  try {
    write_and_verify(temporary, pieces);
    rename_file(temporary, path);
  } catch (...) {
    try_remove_file(temporary);
    throw;
  }
}

void write_atomically(const Path& path, std::span<const std::byte> content) {
  write_atomically(path, std::span(&content, 1));
}

void write_atomically(const Path& path, std::string_view content) {
  write_atomically(path, bytes_of(content));
}

bool file_exists(const Path& path) {
  return checked(path, "stat", file_system().kind(path)) !=
         static_cast<std::int64_t>(FileSystem::Kind::absent);
}

void make_directories(const Path& path) {
  if (path.empty()) return;
  const auto kind = static_cast<FileSystem::Kind>(checked(path, "stat", file_system().kind(path)));
  if (kind == FileSystem::Kind::directory) return;
  if (kind == FileSystem::Kind::file) throw FileError(path, "create directory", ENOTDIR);
  const Path parent = directory_of(path);
  if (parent != path) make_directories(parent);
  const std::int64_t result = file_system().make_directory(path);
  if (result != -EEXIST) checked(path, "create directory", result);  // another process may have been quicker
  checked(parent, "sync directory", file_system().sync_directory(parent));
}

std::vector<std::string> list_directory(const Path& path) {
  std::vector<std::string> names;
  checked(path, "list directory", file_system().list(path, names));
  std::sort(names.begin(), names.end());
  return names;
}

void rename_file(const Path& from, const Path& to) {
  checked(from, fmt::format("rename to {}", to.string()).c_str(), file_system().rename(from, to));
  checked(directory_of(to), "sync directory", file_system().sync_directory(directory_of(to)));
}

void remove_file(const Path& path) { checked(path, "remove", file_system().remove(path)); }

void try_remove_file(const Path& path) noexcept {
  try {
    file_system().remove(path);
  } catch (...) {
    // Only a simulated disk throws.
  }
}

AppendFile::AppendFile(Path path, std::uint64_t offset)
    : file_(std::move(path), FileSystem::Mode::read_write) {
  const std::uint64_t size = file_.size();
  if (size < offset) {
    throw DataError(fmt::format("{}: has {} bytes, fewer than the {} to continue from", file_.path().string(),
                                size, offset));
  }
  if (size > offset) file_.truncate(offset);
  file_.sync();
  checked(directory_of(file_.path()), "sync directory",
          file_system().sync_directory(directory_of(file_.path())));
  written_ = synced_ = offset;
}

template <class F>
void AppendFile::guarded(F&& action) {
  if (fault_) std::rethrow_exception(fault_);
  try {
    action();
  } catch (...) {
    fault_ = std::current_exception();
    throw;
  }
}

void AppendFile::write_pending() {
  if (pending_.empty()) return;
  file_.write_at(bytes_of(pending_), written_);
  written_ += pending_.size();
  pending_.clear();
}

void AppendFile::append(std::string_view text) {
  guarded([&] {
    pending_ += text;
    if (pending_.size() >= kAppendBuffer) write_pending();
  });
}

void AppendFile::flush() {
  guarded([&] { write_pending(); });
}

void AppendFile::sync() {
  guarded([&] {
    write_pending();
    file_.sync();
    synced_ = written_;
  });
}

void AppendFile::truncate(std::uint64_t offset) {
  guarded([&] {
    write_pending();
    if (offset > written_) {
      throw DataError(
          fmt::format("{}: cannot be cut to {} bytes, it has {}", file_.path().string(), offset, written_));
    }
    file_.truncate(offset);
    file_.sync();
    written_ = synced_ = offset;
  });
}

void AppendFile::close() {
  sync();
  guarded([&] { file_.close(); });
}

}  // namespace apical::io
