// SPDX-License-Identifier: Apache-2.0
// One model of a protocol as a session: it is trained once, undisturbed, and once for each condition that
// acts while it learns; at every probed epoch on the way it is brought to the conditions that go with how it
// was trained. Can be stopped, killed and continued like any other run.
#pragma once

#include <memory>

#include "apical/experiment/protocol.h"
#include "apical/run/probe_state.h"
#include "apical/run/session.h"

namespace apical {

class ProbeSession : public Session {
 public:
  /// Once finished: what came out. Contrasts are in the order of epochs, conditions and measures.
  virtual ModelOutcome outcome() const = 0;
  /// Takes up only what was measured, of a session that has finished.
  virtual void load_outcome(const io::Checkpoint& checkpoint, const std::string& origin) = 0;
};

/// ConfigError if the task has fewer samples than the protocol shows. `model` must outlive the session.
std::unique_ptr<ProbeSession> open_probe(const ProbedModel& model, const Resources& resources);

}  // namespace apical
