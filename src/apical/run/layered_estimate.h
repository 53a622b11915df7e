// SPDX-License-Identifier: Apache-2.0
// What a run of a layered network will cost, from showing its learner batches for a moment.
#pragma once

#include <cstdint>

#include "apical/experiment/experiment.h"
#include "apical/learning/learner.h"

namespace apical {

struct LayeredEstimate {
  std::uint64_t updates = 0;  ///< batches of one seed
  double seconds = 0;         ///< of all seeds; early stopping can only shorten it. Alignment is not counted
};

/// Learns and evaluates training samples for about `seconds`. The learner must not be used afterwards: it has
/// learned.
LayeredEstimate estimate(const Experiment& experiment, Learner& learner, double seconds = 0.4);

}  // namespace apical
