// SPDX-License-Identifier: Apache-2.0
// How samples are presented to a circuit that lives in continuous time (Max et al. 2025, Methods; the
// program's protocol): every sample is held, or runs its course, nothing is reset in between unless it says
// so, and targets come as many steps later as inputs need to reach the output.
#pragma once

#include <cstdint>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/learning/learner.h"

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

/// Which steps of a training sample are learned from.
enum class LearningSteps {
  every,
  /// One further step after the sample, in which input and target stay as they were last. Weights rest during
  /// the sample itself, only transposed feedback follows them. Evaluations have that step too (Max et al.
  /// 2025, Fig. 2b).
  after_sample,
};

struct Presentation {
  double presentation_ms = 0.2;  ///< of samples that are held
  double settling_ms = 20;       ///< before the first epoch; of samples that are held
  bool delay_targets = true;     ///< by one step per area
  ScoredSteps scored = ScoredSteps::last;
  LearningSteps learning = LearningSteps::every;
  TargetPotentials target_potentials = TargetPotentials::inverse;
  /// Populations whose somata are set to 0 when a sample begins. Nothing else is: rates that look ahead,
  /// dendrites and error neurons see the jump.
  std::vector<PopulationId> reset_somata = {};
  std::int64_t steps_per_control = 4;  ///< network steps in which a circuit sees one state of a plant

  /// Steps after a sample that belong to its presentation.
  std::int64_t further_steps() const { return learning == LearningSteps::after_sample ? 1 : 0; }
};

/// Populations that the stimulus drives through forward projections, the readout among them.
std::vector<PopulationId> forward_path(const Circuit& circuit);
/// Steps from the stimulus to the readout, one per area; the longest way counts.
std::size_t forward_depth(const Circuit& circuit);

/// Fewest steps for which a sample is held: input reaches a readout at this depth, and errors come back.
/// Max et al. 2025: the lowest area pairs rates and error of one sample from step 2 A + 1 on.
constexpr std::size_t steps_there_and_back(std::size_t depth) { return 2 * depth + 2; }

/// ConfigError unless the circuit can be shown the data: it names stimulus and readout, as many neurons as
/// the data have inputs and outputs, a sample is held long enough, and there are targets of the kind the
/// circuit is taught.
void check_presentation(const Circuit& circuit, const Dataset& data, const Presentation& presentation);

/// Network steps in which the whole of a split is presented; those of the plant where evaluations steer one.
std::int64_t steps_of(const Dataset& data, SplitName split, const Presentation& presentation, double dt_ms);

}  // namespace apical
