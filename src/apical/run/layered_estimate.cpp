// SPDX-License-Identifier: Apache-2.0
#include "apical/run/layered_estimate.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "apical/run/estimate.h"

namespace apical {
namespace {

/// Seconds per sample of all replicas together.
template <class F>
double time_per_sample(const Learner& learner, std::size_t samples, double seconds, F&& show) {
  std::vector<std::uint32_t> all(samples);
  std::iota(all.begin(), all.end(), 0U);
  const auto start = std::chrono::steady_clock::now();
  const auto so_far = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::size_t shown = 0;
  for (std::size_t at = 0; shown == 0 || so_far() < seconds;
       at = at + learner.batch() < samples ? at + learner.batch() : 0) {
    const std::size_t n = std::min(learner.batch(), samples - at);
    show(Order(learner.replicas(), std::span<const std::uint32_t>(all).subspan(at, n)));
    shown += n;
  }
  return so_far() / static_cast<double>(shown);
}

}  // namespace

LayeredEstimate estimate(const Experiment& e, Learner& learner, double seconds) {
  const std::size_t train = learner.samples(0, SplitName::train);
  LayeredEstimate out;
  out.updates = e.plan.epochs * ((train + learner.batch() - 1) / learner.batch());
  if (e.reward)
    out.updates *= e.reward->plan.method == RewardMethod::actor_critic
                       ? e.reward->plan.steps
                       : e.reward->plan.passes * e.reward->plan.minibatches;
  std::vector<Score> scores(learner.replicas());
  const double learning =
      time_per_sample(learner, train, seconds / 2, [&](const Order& order) { learner.learn(order, false); });
  const double answering = time_per_sample(learner, train, seconds / 2, [&](const Order& order) {
    learner.evaluate(SplitName::train, order, false, scores);
  });
  const std::size_t evaluated =
      times_due(e.plan.validate_every, {}, e.plan.epochs) * learner.samples(0, SplitName::validation) +
      learner.samples(0, SplitName::test);
  out.seconds =
      learning * static_cast<double>(e.plan.epochs * train) + answering * static_cast<double>(evaluated);
  return out;
}

}  // namespace apical
