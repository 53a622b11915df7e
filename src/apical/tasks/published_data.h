// SPDX-License-Identifier: Apache-2.0
// The published data sets that tasks read: their files, checksums, conditions of use and places to get them
// from; and what is to be said of the files somebody has.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apical/tasks/data_files.h"

namespace apical {

struct PublishedFile {
  std::string name;        ///< unpacked, as readers look for it
  std::uint64_t bytes;     ///< unpacked
  std::string md5;         ///< of the unpacked file; empty: none was published
  std::string packed_md5;  ///< of `name`.gz as published; empty: it is not published so
};

/// What is fetched: one .gz per file, or an archive of all of them.
struct PublishedDownload {
  std::string file;
  std::string url;
  std::uint64_t bytes;  ///< 0: not published
  std::string md5;
};

struct PublishedData {
  std::string name;  ///< that of the task
  DataSource source;
  std::string citation, licence, homepage;
  std::vector<PublishedFile> files;
  std::vector<PublishedDownload> downloads;
  bool archive = false;  ///< the one download holds the files
};

/// All of them, in order of name.
const std::vector<PublishedData>& published_data();
/// ConfigError with the nearest name if there is no such set.
const PublishedData& find_published_data(std::string_view name);

enum class FileState {
  missing,
  intact,      ///< has the published checksum, or that of the unpacked download
  converted,   ///< what a conversion wrote, unchanged since
  unverified,  ///< right size, but no checksum is known for a file of this form
  damaged,     ///< another size, cut off, or changed since it was written here
};
std::string_view name_of(FileState state);

struct CheckedFile {
  std::string name;
  std::filesystem::path path;  ///< empty if missing
  std::uint64_t bytes = 0;     ///< unpacked; 0 if it was not read
  FileState state = FileState::missing;
  std::string remark;  ///< what was found and expected, or which variant it is
};

/// Where the files of a set are; nothing is read.
std::vector<CheckedFile> locate(const PublishedData& set, const std::filesystem::path& base);
/// Reads and judges every file.
std::vector<CheckedFile> verify(const PublishedData& set, const std::filesystem::path& base);

}  // namespace apical
