// SPDX-License-Identifier: Apache-2.0
// What shows samples to the experiment's model: the one place that knows which engine runs what.
#pragma once

#include <memory>

#include "apical/core/resources.h"
#include "apical/experiment/experiment.h"
#include "apical/learning/learner.h"
#include "apical/run/saved_weights.h"

namespace apical {

/// The experiment with the rule that it asks of whoever runs it, if it asks for one; sessions and forecasts
/// are made with it. ConfigError if there is none of that name.
Experiment with_handed_rule(Experiment experiment, const Resources& resources);

/// Of each seed (Experiment::make_data).
using SeedData = std::vector<std::shared_ptr<const Dataset>>;

/// One replica per seed, with data loaded and the weights that it starts from, of which `taken` tells.
/// ConfigError if task and model do not fit.
std::unique_ptr<Learner> make_learner(const Experiment& experiment, const Resources& resources,
                                      TakenWeights* taken = nullptr);
/// The same with data that are there already.
std::unique_ptr<Learner> make_learner(const Experiment& experiment, const SeedData& data,
                                      const Resources& resources, TakenWeights* taken = nullptr);

/// Samples without right answers, as a test beside one sample to learn: for what is only asked.
Dataset unanswered(const Experiment& experiment, Matrix<double> inputs);

/// Puts the state of the last checkpoint of `run` into a learner of its experiment. DataError if there is
/// none, or it does not fit.
void restore_learner(Learner& learner, const Experiment& experiment, const io::Path& run);

/// As make_learner() with nothing to show, as a place for a state that was saved: its data are not read.
std::unique_ptr<Learner> make_model(const Experiment& experiment, ThreadPool& pool);

}  // namespace apical
