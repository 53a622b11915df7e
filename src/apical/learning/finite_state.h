// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "apical/core/ranks.h"
#include "apical/learning/learner.h"

namespace apical {

/// NumericalFault for the first weight beyond the divergence limit, and for the first number in all of a
/// learner's state that is not finite: traces, moments of optimisers and feedback weights as well as weights.
/// Some of these would only make learning stand still. `step` is for the message.
/// Ranks that share it all throw the fault of one process.
void require_finite_state(Learner& learner, std::int64_t step, Ranks* ranks = nullptr);

}  // namespace apical
