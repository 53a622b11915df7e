// SPDX-License-Identifier: Apache-2.0
// For tests: an archive from texts.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <utility>
#include <vector>

#include "apical/io/file.h"

namespace apical::io {

enum class ArchiveFormat { tar, tar_xz, zip };

/// A content "->x" makes a symbolic link to x, "=>x" a hard link.
inline void write_archive(const Path& path, const std::vector<std::pair<std::string, std::string>>& files,
                          ArchiveFormat format) {
  archive* const writer = archive_write_new();
  if (format == ArchiveFormat::tar_xz) archive_write_add_filter_xz(writer);
  if (format == ArchiveFormat::zip) {
    archive_write_set_format_zip(writer);
  } else {
    archive_write_set_format_ustar(writer);
  }
  archive_write_open_filename(writer, path.c_str());
  for (const auto& [name, content] : files) {
    archive_entry* const entry = archive_entry_new();
    const bool link = content.starts_with("->"), hard = content.starts_with("=>");
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, link || hard ? 0 : static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, link ? AE_IFLNK : AE_IFREG);
    if (link) archive_entry_set_symlink(entry, content.c_str() + 2);
    if (hard) archive_entry_set_hardlink(entry, content.c_str() + 2);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(writer, entry);
    if (!link && !hard) archive_write_data(writer, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
}

inline void write_tar_xz(const Path& path, const std::vector<std::pair<std::string, std::string>>& files) {
  write_archive(path, files, ArchiveFormat::tar_xz);
}

}  // namespace apical::io
