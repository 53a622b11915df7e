// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "apical/analysis/measurement.h"
#include "apical/io/file.h"

namespace apical::live {

/// Reads metrics.ndjson of a run as it grows: whole lines only, each once.
class RunTail {
 public:
  struct Row {
    std::uint64_t seq = 0;
    Measurement measurement;
  };
  struct News {
    std::vector<Row> rows;
    /// A run that was resumed measures again what its checkpoint did not know: all rows from
    /// `rows.front().seq` on are void.
    bool cut = false;
  };

  explicit RunTail(io::Path run) : run_(std::move(run)) {}
  /// What has come since the last call, at most `most` rows. DataError for a line that is none of a run;
  /// nothing where there is no file yet.
  News read(std::size_t most = 50'000);

 private:
  io::Path run_;
  std::uint64_t offset_ = 0, next_seq_ = 0;
  std::uint64_t last_line_ = 0;  ///< hash of the last line that was read: whether the file is still the same
  std::uint64_t last_bytes_ = 0;
};

}  // namespace apical::live
