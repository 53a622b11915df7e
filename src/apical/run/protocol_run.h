// SPDX-License-Identifier: Apache-2.0
// Runs a protocol: trains each model, brings it to every condition from the same state, and averages what is
// recorded over trials, aligned to the onset of the stimulus. One directory:
//   comparison.json   question, models            MODEL/experiment.toml, manifest.json, circuit.toml  of each
//   results.h5        averages over trials, by seed   summary.json  contrasts with their intervals
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "apical/experiment/protocol.h"
#include "apical/io/file.h"
#include "apical/run/protocol_record.h"
#include "apical/run/session.h"

namespace apical {

struct ProtocolOptions {
  io::Path directory;
  unsigned threads = 0;  ///< 0: all that the process may use
  /// Called before each training, with what is trained; what it returns must live until the next call.
  std::function<Listener*(const std::string&)> watch = {};
};

/// The directory must be new or empty (IoError). Throws NumericalFault.
ProtocolResult run_protocol(const std::vector<ProbedModel>& models, const ProtocolOptions& options,
                            const std::atomic<bool>& stop);

/// What run_protocol() leaves in its directory. `threads` are those that it used.
void write_protocol(const std::vector<ProbedModel>& models, const ProtocolResult& result,
                    const io::Path& directory, std::size_t threads);

}  // namespace apical
