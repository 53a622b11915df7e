// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/reward_learner.h"

#include <fmt/format.h>

#include <cmath>

#include "apical/analysis/diagnosis.h"
#include "apical/learning/actor.h"
#include "apical/learning/examination.h"
#include "apical/learning/layered_state.h"

namespace apical {
namespace {

void check_network(const layered::NetworkDescription& net, const char* which, const Dataset& d,
                   std::size_t outputs, const char* meaning) {
  if (net.inputs != d.inputs() || net.outputs() != outputs) {
    throw ConfigError(
        fmt::format("layers of the {} network go from {} to {} units; task '{}' wants {} to {}", which,
                    net.inputs, net.outputs(), d.name, d.inputs(), outputs),
        {},
        fmt::format("the first entry of layers is {}, the number of observations, and the last {}, {}",
                    d.inputs(), outputs, meaning));
  }
  if (net.loss == layered::Loss::mse && net.output_activation() == layered::Activation::linear) return;
  throw ConfigError(
      fmt::format("the {} network learns from errors of its linear outputs; it has {} outputs and loss '{}'",
                  which, layered::activation_name(net.output_activation().kind),
                  layered::loss_name(net.loss)),
      {},
      "choose output = \"linear\" and loss = \"mse\"; the softmax of a policy is applied to what comes out");
}

}  // namespace

template <class Real>
RewardLearner<Real>::RewardLearner(models::LayeredNetwork policy, RewardSettings settings,
                                   std::vector<std::shared_ptr<const Dataset>> data,
                                   std::vector<std::uint64_t> seeds, ThreadPool& pool)
    : policy_(std::move(policy)),
      settings_(std::move(settings)),
      data_(std::move(data)),
      seeds_(std::move(seeds)),
      pool_(pool) {
  APICAL_CHECK(data_.size() == seeds_.size());
  settings_.plan.validate();
  settings_.plan.check_rules(policy_, settings_.value);
  for (std::size_t r = 0; r < seeds_.size(); ++r) {
    const Dataset& d = *data_[r];
    APICAL_CHECK(d.episodes.has_value());
    check_network(policy_.network, "policy", d, d.outputs(), "that of actions");
    check_network(settings_.value.network, "value", d, 1, "the reward to come");
    replicas_.push_back(std::make_unique<Actor<Real>>(policy_, settings_, *d.episodes, seeds_[r]));
  }
}

template <class Real>
RewardLearner<Real>::~RewardLearner() = default;

template <class Real>
layered::LayeredModel<Real>& RewardLearner<Real>::policy(std::size_t r) {
  return replicas_[r]->policy();
}

template <class Real>
layered::LayeredModel<Real>& RewardLearner<Real>::value(std::size_t r) {
  return replicas_[r]->value();
}

template <class Real>
template <class F>
void RewardLearner<Real>::for_each_replica(F&& f) {
  pool_.run(replicas_.size(), std::function<void(std::size_t)>(f));
}

template <class Real>
std::size_t RewardLearner<Real>::samples(std::size_t r, SplitName split) const {
  return split == SplitName::train ? batch() : samples_of(*data_[r], split);
}

template <class Real>
void RewardLearner<Real>::learn(const Order& order, bool) {
  APICAL_CHECK(order.front().size() % batch() == 0);
  for_each_replica([&](std::size_t r) {
    for (std::size_t at = 0; at < order[r].size(); at += batch()) replicas_[r]->iterate();
  });
}

template <class Real>
void RewardLearner<Real>::evaluate(SplitName split, const Order& order, bool, std::span<Score> scores) {
  for_each_replica([&](std::size_t r) {
    const Episodes& e = *data_[r]->episodes;
    replicas_[r]->evaluate(split == SplitName::train        ? e.train
                           : split == SplitName::validation ? e.validation
                                                            : e.test,
                           order[r], scores[r]);
  });
}

template <class Real>
std::vector<std::vector<AreaAlignment>> RewardLearner<Real>::align(const Order& order) {
  // The rollout is made for this alone: environments, draws and rules go on as if it had not been.
  Snapshot before;
  before.take(*this);
  std::vector<std::vector<AreaAlignment>> result(replicas_.size());
  for_each_replica([&](std::size_t r) { result[r] = replicas_[r]->align(order[r].size()); });
  before.restore(*this);
  return result;
}

template <class Real>
void RewardLearner<Real>::examine(Examination& x) {
  x.without({examined::kSaturated, examined::kDead, examined::kUnsettled, examined::kAnswerChange,
             examined::kLeaked, examined::kChance},
            "there are no samples: an environment answers");
  x.without(examined::kHalvedStep, "there is no time step");
  x.without(examined::kAtBounds, "weights of layered networks have no bounds");
  x.without(examined::kCreditAngle, "credit or gradient had no length");
  constexpr std::size_t kDecisions = 64;
  const std::vector<std::uint32_t> decisions(kDecisions);
  add_angles(align(Order(replicas_.size(), decisions)), seeds_, x);
}

template <class Real>
std::vector<std::vector<NamedFigure>> RewardLearner<Real>::training_figures() const {
  std::vector<std::vector<NamedFigure>> all;
  for (const auto& replica : replicas_) all.push_back(replica->training_figures());
  return all;
}

template <class Real>
std::vector<Parameter> RewardLearner<Real>::parameters() const {
  return parameters_of(replicas_.front()->policy());
}

template <class Real>
std::vector<double> RewardLearner<Real>::parameter(std::size_t index, std::size_t replica) const {
  return read_parameter(replicas_[replica]->policy(), index);
}

template <class Real>
void RewardLearner<Real>::set_parameters(const std::vector<ParameterValues>& of_replicas) {
  for (std::size_t r = 0; r < replicas_.size(); ++r)
    apical::set_parameters(replicas_[r]->policy(), of_replicas.at(r));
}

template <class Real>
bool RewardLearner<Real>::can_do_without(std::string_view name) const {
  return names_feedback(name);
}

template <class Real>
void RewardLearner<Real>::scale_learning(double factor) {
  for (auto& replica : replicas_) {
    replica->policy().set_rate_factor(factor);
    replica->value().set_rate_factor(factor);
  }
}

template <class Real>
void RewardLearner<Real>::check() const {
  for (const auto& replica : replicas_) replica->check();
}

template <class Real>
std::size_t RewardLearner<Real>::bytes() const {
  StateSize size;
  for (const auto& replica : replicas_) replica->visit_state(size);
  return size.bytes;
}

template <class Real>
void RewardLearner<Real>::visit_state(StateVisitor& a) {
  for (std::size_t r = 0; r < replicas_.size(); ++r) {
    a.section("replica." + std::to_string(r), [&] { replicas_[r]->visit_state(a); });
  }
}

template class RewardLearner<float>;
template class RewardLearner<double>;

}  // namespace apical
