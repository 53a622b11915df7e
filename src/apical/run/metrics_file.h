// SPDX-License-Identifier: Apache-2.0
// metrics.ndjson of a run: one line for each number that was measured. Written and read here and nowhere
// else.
//   {"seq":7,"epoch":2,"where":"test","metric":"accuracy","seed":1,"value":0.97}
#pragma once

#include <vector>

#include "apical/analysis/measurement.h"
#include "apical/io/journal.h"

namespace apical {

class MetricsFile {
 public:
  /// Of the run in this directory, from its beginning or from where a checkpoint stood.
  explicit MetricsFile(const io::Path& run, io::JournalPosition from = {});
  void append(const Measurement& measurement);
  io::JournalPosition position() { return journal_.position(); }
  void close() { journal_.close(); }

 private:
  io::Journal journal_;
};

/// In the order in which it was measured; errors as below.
std::vector<Measurement> read_measurements_in_order(const io::Path& run);
/// Sorted by key. IoError or DataError, with the line, if `run` has no readable metrics.
std::vector<Measurement> read_measurements(const io::Path& run);

}  // namespace apical
