// SPDX-License-Identifier: Apache-2.0
// When a circuit in continuous time is shown which training sample: what recordings, which count steps, are
// cut into trials by.
#pragma once

#include <cstdint>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/learning/presentation.h"
#include "apical/learning/trainer.h"

namespace apical {

/// One presentation of a training sample.
struct ShownSample {
  std::size_t epoch = 0;  ///< from 1; 0: while it settles, without a target
  std::uint32_t sample = 0;
  std::int64_t first_step = 0, last_step = 0;  ///< the last is the first step of what comes next
};

/// All of a replica that settles and learns as the plan says; between them evaluations take steps, too. Of a
/// plan that may end early (`patience`, `minutes`), tell by `epochs` when it did. Empty where evaluations
/// steer a plant, whose steps are not known beforehand, and where nothing is shown.
std::vector<ShownSample> shown_samples(const Circuit& circuit, const Dataset& data,
                                       const Presentation& presentation, const TrainingPlan& plan,
                                       std::uint64_t seed);

}  // namespace apical
