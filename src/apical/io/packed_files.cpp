// SPDX-License-Identifier: Apache-2.0
#include "apical/io/packed_files.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace apical::io {
namespace {

using Reader = std::unique_ptr<archive, int (*)(archive*)>;

[[noreturn]] void damaged(const Path& path, archive* reader) {
  const char* reason = archive_error_string(reader);
  throw DataError(fmt::format("{}: no archive, cut off or damaged ({})", path.string(),
                              reason != nullptr ? reason : "no reason given"));
}

/// Names of other scripts come as UTF-8 where the locale has no letters for them.
std::string path_of(archive_entry* entry) {
  for (const char* name : {archive_entry_pathname(entry), archive_entry_pathname_utf8(entry)}) {
    if (name != nullptr) return name;
  }
  return {};
}

bool leads_outside(const Path& path) {
  return path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end();
}

class Unpacking {
 public:
  Unpacking(const Path& path, const PackedLimits& limits, const PackedVisitor& visitor)
      : path_(path), limits_(limits), visitor_(visitor), reader_(archive_read_new(), archive_read_free) {
    if (!reader_) throw std::bad_alloc();
    archive_read_support_filter_all(reader_.get());
    archive_read_support_format_tar(reader_.get());
    archive_read_support_format_zip(reader_.get());
    require_no_device(path);
    if (archive_read_open_filename(reader_.get(), path.c_str(), std::size_t{1} << 16) != ARCHIVE_OK)
      damaged(path_, reader_.get());
  }

  void run() {
    for (std::size_t count = 0;; ++count) {
      archive_entry* entry = nullptr;
      const int result = archive_read_next_header(reader_.get(), &entry);
      if (result == ARCHIVE_EOF) return;
      if (result < ARCHIVE_WARN) damaged(path_, reader_.get());  // warnings are about names and times
      if (count == limits_.entries)
        throw DataError(fmt::format("{}: more than {} files", path_.string(), limits_.entries));
      visit(entry);
    }
  }

 private:
  void visit(archive_entry* entry) {
    const std::string name = path_of(entry);
    if (name.empty()) damaged(path_, reader_.get());
    if (leads_outside(name))
      throw DataError(fmt::format("{}: '{}' in it leads out of the archive", path_.string(), name));
    refuse_beyond_total(archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0);
    const auto kind = archive_entry_filetype(entry);
    const bool link = kind == AE_IFLNK || archive_entry_hardlink(entry) != nullptr;
    if (link || kind != AE_IFREG) {
      if (kind != AE_IFDIR && visitor_.leave) visitor_.leave(name, link ? "a link" : "no file");
      return;
    }
    if (visitor_.wants(name)) return visitor_.take(name, content_of(entry, name));
    // A tar without sizes, or a zip that tells them afterwards, would be unpacked to be skipped.
    if (archive_entry_size_is_set(entry) == 0) pass_over();
  }

  /// What was unpacked so far, and `more` that is announced. Of a zip only what was read is unpacked.
  void refuse_beyond_total(std::int64_t more) {
    const std::int64_t through = std::max<std::int64_t>(archive_filter_bytes(reader_.get(), 0), 0);
    const std::uint64_t so_far = std::max(static_cast<std::uint64_t>(through), read_);
    const auto announced = static_cast<std::uint64_t>(std::max<std::int64_t>(more, 0));
    if (so_far <= limits_.total && announced <= limits_.total - so_far) return;
    throw DataError(fmt::format("{}: unpacks to more than {} bytes in all", path_.string(), limits_.total));
  }

  std::size_t read(std::byte* to, std::size_t room) {
    const la_ssize_t got = archive_read_data(reader_.get(), to, room);
    if (got < 0) damaged(path_, reader_.get());
    read_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }

  Bytes content_of(archive_entry* entry, const std::string& name) {
    const auto refuse_larger = [&](std::uint64_t bytes) {
      if (bytes <= limits_.largest) return;
      throw DataError(
          fmt::format("{}: {} in it is larger than {} bytes", path_.string(), name, limits_.largest));
    };
    std::size_t room = kBlock;
    if (archive_entry_size_is_set(entry) != 0) {
      const auto announced = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
      refuse_larger(announced);
      // What is announced is believed up to a size that does no harm; beyond it memory grows with what comes.
      room = static_cast<std::size_t>(std::min<std::uint64_t>(announced, kBelieved));
    }
    Bytes content;
    content.reserve(room + kEnd);
    while (true) {
      const std::size_t have = content.size();
      content.resize(have + std::max(room, kEnd));
      const std::size_t got = read(content.data() + have, content.size() - have);
      content.resize(have + got);
      refuse_larger(content.size());
      if (got == 0) return content;
      room = std::min(std::max(content.capacity() - content.size(), kBlock), kBelieved);
    }
  }

  void pass_over() {
    Bytes block(kBlock);
    while (read(block.data(), block.size()) > 0) refuse_beyond_total(0);
  }

  static constexpr std::size_t kBlock = std::size_t{1} << 16, kEnd = 64, kBelieved = std::size_t{1} << 26;
  const Path& path_;
  const PackedLimits& limits_;
  const PackedVisitor& visitor_;
  Reader reader_;
  std::uint64_t read_ = 0;  ///< bytes of contents
};

}  // namespace

void visit_packed_files(const Path& path, const PackedLimits& limits, const PackedVisitor& visitor) {
  const File opens(path, FileSystem::Mode::read);  // a missing file is told as every other
  Unpacking(path, limits, visitor).run();
}

}  // namespace apical::io
