// SPDX-License-Identifier: Apache-2.0
// One seed of a reward learner: policy, value network and environments, and the three ways to learn from what
// they did.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apical/engine/layered/model.h"
#include "apical/engine/layered/policy_gradient.h"
#include "apical/learning/environments.h"
#include "apical/learning/learner.h"
#include "apical/learning/reward_plan.h"

namespace apical {

template <class Real>
class Actor {
 public:
  Actor(const models::LayeredNetwork& policy, const RewardSettings& settings, const Episodes& episodes,
        std::uint64_t seed);

  /// One iteration: plan.steps steps of every environment, and what is learned from them. NumericalFault
  /// names the network, also if a figure of the iteration is not finite.
  void iterate();
  /// Greedy episodes; their returns are added to `score`.
  void evaluate(const Episodes::Factory& make, std::span<const std::uint32_t> episodes, Score& score);
  /// Angles of `decisions` decisions (rounded up to whole steps of all environments). Acts and advances
  /// rules: put the state back.
  std::vector<AreaAlignment> align(std::size_t decisions);

  const std::vector<NamedFigure>& training_figures() const { return training_figures_; }
  layered::LayeredModel<Real>& policy() { return policy_; }
  layered::LayeredModel<Real>& value() { return value_; }
  void check() const;
  void visit_state(StateVisitor& a);

 private:
  using Changes = layered::Changes<Real>;
  /// What happened in some steps of all environments; step t of environment e is row t E + e.
  struct Experience {
    std::vector<std::uint32_t> action;
    std::vector<double> reward, log_prob, entropy;
    std::vector<layered::StepEnd> end;
    std::vector<double> prediction_error, advantage, returns;
  };
  /// Weighted means over an iteration.
  struct Means {
    double weight = 0, policy_loss = 0, value_loss = 0, open_gates = 0;
  };

  void observe(MatrixView<Real> X) const;
  /// Draws an action for every row of X.
  layered::Policy decide(MatrixView<const Real> X, std::vector<std::uint32_t>& action);
  void predict(layered::LayeredModel<Real>& model, MatrixView<const Real> X, layered::Rows<Real>& out);
  std::string name_of(const layered::LayeredModel<Real>& model) const;
  /// Faults of what `model` does in `act` name its network, layer, unit and seed.
  template <class F>
  void locating(layered::LayeredModel<Real>& model, F&& act);
  Experience collect(std::size_t steps);
  void learn_from(const Experience& x);
  void learn_online();
  /// Targets at which a rule sees credit_scale times the delta.
  void set_targets(MatrixView<const Real> output, MatrixView<Real> delta);
  /// KL divergence from the policy that made the rollout in X_ to the present one, estimated from its
  /// decisions.
  double moved(const Experience& x);
  void report(double prediction_error, double entropy, const std::optional<Means>& means, double kl = 0);

  RewardPlan plan_;
  std::uint64_t seed_;
  layered::LayeredModel<Real> policy_, value_;
  Environments environments_;
  std::vector<layered::EligibilityTrace<Real>> policy_traces_,
      value_traces_;                          ///< one per environment; only online
  std::uint64_t decisions_ = 0, passes_ = 0;  ///< addresses of draws
  std::vector<NamedFigure>
      training_figures_;  ///< of the last iteration; no state, because they are told before it can be left
  // Scratch.
  layered::Rows<Real> X_, all_X_, batch_X_, logits_, V_, next_V_, delta_, targets_;
  Changes policy_change_, value_change_;
};

}  // namespace apical
