// SPDX-License-Identifier: Apache-2.0
// Finding and unpacking the files of published data sets. They are looked for in an explicit directory;
// without one in the directory that the environment variable APICAL_DATA names; without that in
// $XDG_DATA_HOME/apical (~/.local/share/apical).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace apical {

/// What a data set is called on disk and how a person gets it.
struct DataSource {
  std::string title;                 ///< "MNIST"
  std::vector<std::string> folders;  ///< subfolders tried, besides the directory itself
  std::string how_to_get;
};

/// The directory of data sets: `directory` if it is not empty, else that of the environment; empty if even
/// HOME is unset.
std::filesystem::path data_directory(const std::string& directory = {});

/// The path of `file` or `file`.gz below `base`: in one of the source's folders or in `base` itself; empty if
/// there is none.
std::filesystem::path find_below(const std::filesystem::path& base, const DataSource& source,
                                 const std::string& file);

/// The path of `file` or `file`.gz. DataError saying what is missing, where it was looked for and how to
/// get it.
std::filesystem::path find_data_file(const DataSource& source, const std::string& file,
                                     const std::string& directory);

/// The unpacked content of a plain or gzip-compressed file of at most `limit` bytes (unpacked). IoError if
/// it cannot be opened; DataError if it is damaged, cut off or longer.
std::vector<std::uint8_t> unpack_file(const std::filesystem::path& path, std::size_t limit);

/// CRC-32 as in gzip: against accidents, not against attackers.
std::uint32_t crc32_of(const std::vector<std::uint8_t>& bytes);

}  // namespace apical
