// SPDX-License-Identifier: Apache-2.0
// What shows samples to the experiment's model: the one place that knows which engine runs what.
#pragma once

#include <memory>

#include "apical/core/resources.h"
#include "apical/experiment/experiment.h"
#include "apical/learning/learner.h"

namespace apical {

/// One replica per seed, with data loaded. ConfigError if task and model do
/// not fit.
std::unique_ptr<Learner> make_learner(const Experiment& experiment, const Resources& resources);

}  // namespace apical
