// SPDX-License-Identifier: Apache-2.0
// Finding and unpacking the files of published data sets, below a folder that is handed in.
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

/// The folder that a task's `directory` names: a relative one below `base`, that of --data or APICAL_DATA, if
/// it is there, else from here; `base` itself if empty.
std::filesystem::path data_folder(const std::filesystem::path& directory, const std::filesystem::path& base);

/// IoError if `base`, where data sets are to lie, is there and is no directory; one that is absent holds
/// none.
void require_folder(const std::filesystem::path& base);

/// The path of `file` or `file`.gz below `base`: in one of the source's folders or in `base` itself; empty if
/// there is none. IoError if that cannot be known. "…-idx3-ubyte" may also be called "….idx3-ubyte".
std::filesystem::path find_below(const std::filesystem::path& base, const DataSource& source,
                                 const std::string& file);

/// The same; DataError saying what is missing, where it was looked for and how to get it. `base` is empty
/// where no folder is known.
std::filesystem::path find_data_file(const DataSource& source, const std::string& file,
                                     const std::filesystem::path& base);

/// Other files beside `found` that go by the names of `file`, e.g. packed.
std::vector<std::filesystem::path> namesakes(const std::filesystem::path& found, const std::string& file);

/// The unpacked content of a plain or gzip-compressed file of at most `limit` bytes (unpacked). IoError if
/// it cannot be opened; DataError if it is damaged, cut off or longer.
std::vector<std::uint8_t> unpack_file(const std::filesystem::path& path, std::size_t limit);

/// CRC-32 as in gzip: against accidents, not against attackers.
std::uint32_t crc32_of(const std::vector<std::uint8_t>& bytes);

}  // namespace apical
