// SPDX-License-Identifier: Apache-2.0
// A policy and a value network of credit rules that learn from an environment's reward, one pair per seed.
// Its samples are environment steps: a batch is one iteration, i.e. so many steps of every environment and
// what is learned from them; an epoch is one iteration too. Rules see an output error as a target y = h -
// delta of a linear output, h being the rule's own answer, so that settling rules need no special case. The
// loss of an evaluation is minus the return.
#pragma once

#include <memory>
#include <vector>

#include "apical/core/threads.h"
#include "apical/learning/environments.h"
#include "apical/learning/learner.h"
#include "apical/learning/reward_plan.h"

namespace apical {

template <class Real>
class Actor;

template <class Real>
class RewardLearner final : public Learner {
 public:
  /// `data` has one entry per seed. ConfigError if sizes do not fit, if the outputs are not linear with
  /// squared error, or if the plan makes no sense or cannot carry a rule's learning.
  RewardLearner(models::LayeredNetwork policy, RewardSettings settings,
                std::vector<std::shared_ptr<const Dataset>> data, std::vector<std::uint64_t> seeds,
                ThreadPool& pool);
  ~RewardLearner() override;

  std::span<const std::uint64_t> seeds() const override { return seeds_; }
  const Dataset& data(std::size_t replica) const override { return *data_[replica]; }
  std::size_t batch() const override { return settings_.plan.steps_per_iteration(); }
  std::size_t samples(std::size_t replica, SplitName split) const override;
  void settle(const Order&) override {}
  /// Only the number of samples counts: what comes next is up to policy and environments.
  void learn(const Order& order, bool opens_epoch) override;
  /// Episodes by number, with the most likely action at every step.
  void evaluate(SplitName split, const Order& order, bool opens, std::span<Score> scores) override;
  /// Of the policy's credit, decision by decision in a rollout that is not learned from, against the gradient
  /// of the policy objective where the rollout was made (all gates open). Areas as in LayeredLearner.
  std::vector<std::vector<AreaAlignment>> align(const Order& order) override;
  /// environment_steps, episodes, return (mean of the last episodes), prediction_error (mean |reward
  /// prediction error|), entropy; if not online value_loss and kl (from the policy that made the rollout to
  /// what it became, over its decisions); with PPO policy_loss and open_gates (fraction).
  std::vector<std::vector<NamedFigure>> training_figures() const override;
  /// Of the policy: how far its credit is from the gradient.
  void examine(Examination& x) override;
  /// Of the policy.
  std::vector<Parameter> parameters() const override;
  std::vector<double> parameter(std::size_t index, std::size_t replica) const override;
  void set_parameters(const std::vector<ParameterValues>& of_replicas) override;
  /// Feedback of rules that have it: forward weights alone begin as well.
  bool can_do_without(std::string_view name) const override;
  void scale_learning(double factor) override;
  std::size_t settling_samples() const override { return 0; }
  void check() const override;
  std::size_t bytes() const override;
  void visit_state(StateVisitor& a) override;

  layered::LayeredModel<Real>& policy(std::size_t replica);
  layered::LayeredModel<Real>& value(std::size_t replica);

 private:
  template <class F>
  void for_each_replica(F&& f);

  models::LayeredNetwork policy_;
  RewardSettings settings_;
  std::vector<std::shared_ptr<const Dataset>> data_;
  std::vector<std::uint64_t> seeds_;
  ThreadPool& pool_;  ///< threads share out the seeds: a few decisions at a time are too little to be shared
  std::vector<std::unique_ptr<Actor<Real>>> replicas_;
};

}  // namespace apical
