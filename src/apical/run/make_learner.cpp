// SPDX-License-Identifier: Apache-2.0
#include "apical/run/make_learner.h"

#include <fmt/format.h>

#include "apical/learning/layered_learner.h"
#include "apical/learning/rate_learner.h"
#include "apical/learning/reward_learner.h"

namespace apical {
namespace {

template <class Real>
struct Maker {
  const Experiment& e;
  const Resources& resources;
  std::unique_ptr<Learner> operator()(const Circuit& circuit) const {
    return std::make_unique<RateLearner<Real>>(circuit, e.make_data(resources), e.seeds, e.presentation,
                                               resources.pool);
  }
  std::unique_ptr<Learner> operator()(const models::LayeredNetwork& network) const {
    if (e.reward)
      return std::make_unique<RewardLearner<Real>>(network, *e.reward, e.make_data(resources), e.seeds,
                                                   resources.pool);
    return std::make_unique<LayeredLearner<Real>>(network, e.make_data(resources), e.seeds, resources.pool);
  }
  std::unique_ptr<Learner> operator()(const SpikingExperiment&) const {
    throw ConfigError(fmt::format("model '{}' has a course of its own, and no learner", e.model));
  }
};

}  // namespace

std::unique_ptr<Learner> make_learner(const Experiment& e, const Resources& resources) {
  return e.double_precision ? std::visit(Maker<double>{e, resources}, e.subject)
                            : std::visit(Maker<float>{e, resources}, e.subject);
}

}  // namespace apical
