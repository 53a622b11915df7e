// SPDX-License-Identifier: Apache-2.0
// Credit on samples that run their course, against the exact gradient through time.
#include <algorithm>

#include "apical/learning/rate_learner.h"
#include "apical/learning/trial_alignment.h"

namespace apical {

template <class Real>
std::vector<AreaAlignment> RateLearner<Real>::align_trials(rate::Network<Real>& n, std::size_t replica,
                                                           const Order& order) {
  const Circuit& c = engine_.circuit();
  const rate::TrialNetwork network = trial_network_of(c, n, 0);
  TrialAlignmentMeter meter(network);
  const rate::Learning watch{.observe_credit = true};
  for (std::size_t k = 0; k < order[replica].size(); ++k) {
    rate::CircuitTrial trial;
    meter.begin();
    teach_alone(n, replica, order, k, [&](rate::Step steps, bool learns) {
      // The first call comes after somata were put to rest, before the first step.
      if (trial.start.soma.empty()) trial.start = trial_state_of(network, n, 0);
      if (!learns) return n.advance(steps, watch);
      for (rate::Step step = 0; step < steps; ++step) {
        n.advance(1, watch);
        meter.add_step(n, 0);
      }
    });
    const InputSequence& course = split_of(data(replica), SplitName::train).sequences[order[replica][k]];
    const auto steps =
        static_cast<std::size_t>(course.steps()) + static_cast<std::size_t>(presentation_.further_steps());
    const auto shown = current_target_.row(replica);
    std::vector<double> target(shown.begin(), shown.end());
    trial.readout = readout_;
    trial.loss = has_rate_targets(c) ? rate::TrialLoss::rate : rate::TrialLoss::potential;
    for (std::size_t t = 0; t < steps; ++t) {
      rate::TrialInputs inputs(c.populations().size());
      const auto values = course.at(std::min(static_cast<std::uint32_t>(t), course.steps() - 1));
      inputs[stimulus_.value] = std::vector<double>(values.begin(), values.end());
      trial.inputs.push_back(std::move(inputs));
      trial.mask.push_back(presentation_.scored == ScoredSteps::all || t + 1 == steps ? 1 : 0);
    }
    trial.targets.assign(steps, std::move(target));
    telling_of(seeds()[replica], static_cast<std::uint64_t>(n.step()), [&] { meter.end(network, trial); });
    remember_targets(replica, 1);
  }
  return meter.result();
}

template std::vector<AreaAlignment> RateLearner<float>::align_trials(rate::Network<float>&, std::size_t,
                                                                     const Order&);
template std::vector<AreaAlignment> RateLearner<double>::align_trials(rate::Network<double>&, std::size_t,
                                                                      const Order&);

}  // namespace apical
