// SPDX-License-Identifier: Apache-2.0
// Runs a protocol: each model is a run of its own (probe_session.h), which is trained, brought to every
// condition from the same state, and recorded from. Then one directory holds
//   comparison.json   question, models                MODEL/        the run of each
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
  bool resume = false;  ///< goes on with what stands there
  /// Called before each model's run, with its label; what it returns must live until the next call.
  std::function<Listener*(const std::string&)> watch = {};
};

/// The directory must be new or empty (IoError), unless it is resumed: models that have finished are kept,
/// others go on where they were. Results are the same bits in any case. Throws NumericalFault.
ProtocolResult run_protocol(const std::vector<ProbedModel>& models, const ProtocolOptions& options,
                            const Resources& resources, const std::atomic<bool>& stop);

/// comparison.json, before the first model runs.
void write_protocol_index(const std::vector<ProbedModel>& models, const io::Path& directory);
/// results.h5 and summary.json, once all models have run.
void write_protocol(const std::vector<ProbedModel>& models, const ProtocolResult& result,
                    const io::Path& directory);

}  // namespace apical
