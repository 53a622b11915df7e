// SPDX-License-Identifier: Apache-2.0
// Getting a published data set from the network, only when somebody asks for it.
#pragma once

#include <functional>
#include <string>

#include "apical/tasks/published_data.h"

namespace apical {

struct FetchOptions {
  std::string
      from;  ///< address of a folder with the same files, instead of the publisher's; empty: the publisher's
  /// Told file, bytes there are and bytes in all (0: unknown); false stops.
  std::function<bool(const std::string&, std::uint64_t, std::uint64_t)> progress = {};
};

/// Brings the files of `set` into its folder below `base` and returns that folder. What is there and intact
/// is not fetched; what was broken off is continued; a file gets its name only when its checksum is right.
/// io::NetworkError saying which files to put where by hand; DataError for a wrong checksum.
std::filesystem::path fetch(const PublishedData& set, const std::filesystem::path& base,
                            const FetchOptions& options);

}  // namespace apical
