// SPDX-License-Identifier: Apache-2.0
// What Apical notes beside data files that it wrote: what they are and the checksums they had.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace apical {

struct DataReceipt {
  std::string set;                         ///< "cifar10"
  std::string variant;                     ///< one line for people
  bool original = false;                   ///< the published content, not a conversion
  std::map<std::string, std::string> md5;  ///< file → MD5 of its content
};

inline constexpr const char* kReceiptName = "apical-data.json";

void write_receipt(const std::filesystem::path& folder, const DataReceipt& receipt);
/// Nothing if there is none. DataError if it is not understood.
std::optional<DataReceipt> read_receipt(const std::filesystem::path& folder);

}  // namespace apical
