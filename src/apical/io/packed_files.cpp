// SPDX-License-Identifier: Apache-2.0
#include "apical/io/packed_files.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <memory>

namespace apical::io {
namespace {

using Reader = std::unique_ptr<archive, int (*)(archive*)>;

[[noreturn]] void damaged(const Path& path, archive* reader) {
  const char* reason = archive_error_string(reader);
  throw DataError(fmt::format("{}: no archive, cut off or damaged ({})", path.string(),
                              reason != nullptr ? reason : "no reason given"));
}

Bytes content_of(archive* reader, archive_entry* entry, const Path& path, std::size_t largest) {
  Bytes content;
  while (true) {
    const std::size_t have = content.size();
    const std::size_t room = std::max<std::size_t>(have, std::size_t{1} << 16);
    content.resize(have + room);
    const la_ssize_t got = archive_read_data(reader, content.data() + have, room);
    if (got < 0) damaged(path, reader);
    content.resize(have + static_cast<std::size_t>(got));
    if (content.size() > largest) {
      throw DataError(fmt::format("{}: {} in it is larger than {} bytes", path.string(),
                                  archive_entry_pathname(entry), largest));
    }
    if (got == 0) return content;
  }
}

}  // namespace

void for_each_packed_file(const Path& path, std::size_t largest,
                          const std::function<void(const std::string&, Bytes)>& f) {
  const File opens(path, FileSystem::Mode::read);  // a missing file is told as every other
  const Reader reader(archive_read_new(), archive_read_free);
  if (!reader) throw std::bad_alloc();
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_zip(reader.get());
  if (archive_read_open_filename(reader.get(), path.c_str(), std::size_t{1} << 16) != ARCHIVE_OK)
    damaged(path, reader.get());
  while (true) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader.get(), &entry);
    if (result == ARCHIVE_EOF) return;
    if (result != ARCHIVE_OK) damaged(path, reader.get());
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr) damaged(path, reader.get());
    f(name, content_of(reader.get(), entry, path, largest));
  }
}

}  // namespace apical::io
