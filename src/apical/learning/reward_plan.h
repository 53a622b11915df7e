// SPDX-License-Identifier: Apache-2.0
// How a policy learns from reward. All three methods end at the logits: below them, any credit rule whose
// learning they can carry (see check_rules).
//   reinforce     Monte-Carlo or lambda-returns minus a baseline (the value network), one gradient step per
//   rollout (Williams 1992) actor_critic  online: eligibility traces of every synapse, the reward prediction
//   error as neuromodulator at every step
//                 (Barto, Sutton & Anderson 1983; Sutton & Barto 2018, sec. 13.5)
//   ppo           several passes over a rollout; a gate per decision closes plasticity where the policy has
//   moved far enough
//                 (Schulman et al., arXiv:1707.06347)
#pragma once

#include <cstddef>

#include "apical/core/fields.h"
#include "apical/models/layered_network.h"

namespace apical {

enum class RewardMethod { ppo, reinforce, actor_critic };
template <>
inline constexpr std::array<std::string_view, 3> kNames<RewardMethod>{"ppo", "reinforce", "actor-critic"};

/// What an episode that was cut is worth at its end.
enum class TimeLimit {
  bootstrap,  ///< the value of its final state
  terminal,   ///< nothing: common, and slightly wrong
};

struct RewardPlan {
  RewardMethod method = RewardMethod::ppo;
  std::size_t environments = 8;  ///< side by side, of one seed
  std::size_t steps = 128;       ///< of each environment in one iteration
  double gamma = 0.99;           ///< what reward one step later is worth
  double lambda = 0.95;          ///< decay of advantages, or of traces, beside gamma
  TimeLimit time_limit = TimeLimit::bootstrap;
  double reward_scale = 1;  ///< rewards are multiplied by it before anything is learned from them; returns
                            ///< are reported as they are
  double credit_scale =
      1;  ///< errors are multiplied by it on their way into a rule, and credit divided by it
  // Not online:
  std::size_t passes = 4;       ///< over the steps of an iteration
  std::size_t minibatches = 4;  ///< of a pass, of equal size or one step more
  double value_coefficient = 0.5, entropy_coefficient = 0.01;
  bool normalise_advantages = true;  ///< to mean 0 and deviation 1 in each mini-batch
  // PPO:
  double clip = 0.2;

  /// With the defaults of that method.
  static RewardPlan of(RewardMethod method);
  std::size_t steps_per_iteration() const { return environments * steps; }
  void validate() const;  ///< FieldError
  /// The same, unless the method moves all that the rule of the policy and that of the value network learn
  /// by.
  void check_rules(const models::LayeredNetwork& policy, const models::LayeredNetwork& value) const;
};

void method_field(FieldVisitor& v, RewardPlan& p);
/// What means something for the method.
void fields(FieldVisitor& v, RewardPlan& p);

/// A plan and the network that predicts reward; the policy is the experiment's model.
struct RewardSettings {
  RewardPlan plan;
  models::LayeredNetwork value;
};

}  // namespace apical
