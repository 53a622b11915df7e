// SPDX-License-Identifier: Apache-2.0
// A file from the network, in as many attempts as it takes, through libcurl.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "apical/io/file.h"

namespace apical::io {

/// The address cannot be reached, refuses, or broke off; what has come so far is kept.
class NetworkError : public IoError {
 public:
  using IoError::IoError;
};

struct Download {
  std::string url;                     ///< http, https or file
  std::uint64_t at_most = UINT64_MAX;  ///< bytes; more is a DataError
  /// Told the bytes there are; false stops.
  std::function<bool(std::uint64_t)> progress = {};
};

/// Brings `partial` to the whole of what `url` holds: bytes already there are not asked for again, unless the
/// server cannot begin in the middle. NetworkError, FileError or DataError; in the first two cases what has
/// come stays in `partial`.
void continue_download(const Download& download, const Path& partial);

}  // namespace apical::io
