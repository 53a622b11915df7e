// SPDX-License-Identifier: Apache-2.0
#include "apical/run/layered_estimate.h"

#include <algorithm>

#include "apical/run/estimate.h"
#include "apical/run/pace.h"

namespace apical {
LayeredEstimate estimate(const Experiment& e, Learner& learner, double seconds) {
  const std::size_t train = learner.samples(0, SplitName::train);
  LayeredEstimate out;
  out.updates = e.plan.epochs * ((train + learner.batch() - 1) / learner.batch());
  if (e.reward)
    out.updates *= e.reward->plan.method == RewardMethod::actor_critic
                       ? e.reward->plan.steps
                       : e.reward->plan.passes * e.reward->plan.minibatches;
  const Pace pace = measure_pace(learner, seconds, e.plan.epochs * train);
  TrainingPlan plan = e.plan;
  plan.epochs = epochs_within(plan, pace.learning * static_cast<double>(train));
  const std::size_t evaluated =
      times_due(plan.validate_every, {}, plan.epochs) * learner.samples(0, SplitName::validation) +
      std::max<std::size_t>(1, times_due(plan.test_every, {}, plan.epochs)) *
          learner.samples(0, SplitName::test);
  out.seconds = pace.learning * static_cast<double>(plan.epochs) * static_cast<double>(train) +
                pace.answering * static_cast<double>(evaluated);
  return out;
}

}  // namespace apical
