// SPDX-License-Identifier: Apache-2.0
// How samples are presented to a circuit that lives in continuous time (Max et al. 2025, Methods; the
// program's protocol): every sample is held, nothing is reset in between, and targets come as many steps
// later as inputs need to reach the output.
#pragma once

#include <cstdint>

namespace apical {

/// Which steps of a presentation count for the loss of an evaluation.
enum class ScoredSteps {
  last,  ///< the last step of each presentation
  all,   ///< every step, against the target delayed like in training; the first ten of the run do not count
};

/// The potentials a circuit is taught that wants potentials, where a task asks for rates only.
enum class TargetPotentials {
  inverse,       ///< at which the output's activation gives the rate
  task_numbers,  ///< the task's numbers themselves, e.g. 0 and 1 for classes
};

struct Presentation {
  double presentation_ms = 0.2;
  double settling_ms = 20;
  bool delay_targets = true;  ///< by one step per area
  ScoredSteps scored = ScoredSteps::last;
  TargetPotentials target_potentials = TargetPotentials::inverse;
};

}  // namespace apical
