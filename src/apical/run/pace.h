// SPDX-License-Identifier: Apache-2.0
// How fast a learner is on this machine, from letting it learn and answer for a moment.
#pragma once

#include <cstddef>
#include <limits>

#include "apical/learning/learner.h"

namespace apical {

/// Seconds per sample of all replicas together.
struct Pace {
  double learning = 0, answering = 0;
};

/// For about `seconds`, longer if a single batch takes longer. The learner must not be used afterwards: it
/// has learned, maybe for longer than it ever will. NumericalFault if its numbers are at fault before it has
/// learned so many samples (`planned`); what comes after them says nothing of a run.
Pace measure_pace(Learner& learner, double seconds = 0.4,
                  std::size_t planned = std::numeric_limits<std::size_t>::max());

}  // namespace apical
