// SPDX-License-Identifier: Apache-2.0
// The rules of recurrent networks by name: what a trial becomes for the weights, and what each rule takes for
// granted. The mathematics is in online_recurrent.h, eligibility_propagation.h, reward_eligibility.h and
// engine/recurrent; here a rule is a value that can be chosen.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apical/core/names.h"
#include "apical/engine/recurrent/weights.h"
#include "apical/rules/reward_eligibility.h"

namespace apical::recurrent {

enum class RuleKind { bptt, rtrl, snap_1, rflo, e_prop, uoro, kf_rtrl, reward };

/// What brings the readout's errors to the units.
enum class Feedback {
  symmetric,  ///< the transposed readout
  random,     ///< fixed weights of its own
  adaptive,   ///< weights of its own that learn with the readout and, like it, decay
};

/// What the synapse keeps for the reward that comes after the trial.
enum class RewardTrace {
  cubed,         ///< (potential less its mean, times rate)^3, Miconi 2017
  perturbation,  ///< perturbation times rate, Fiete & Seung 2006
};
}  // namespace apical::recurrent

namespace apical {
template <>
inline constexpr std::array<std::string_view, 3> kNames<recurrent::Feedback>{"symmetric", "random",
                                                                             "adaptive"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<recurrent::RewardTrace>{"cubed", "perturbation"};
}  // namespace apical

namespace apical::recurrent {

/// Pushes xi of the potentials, and what is made of the reward.
struct RewardLearning {
  RewardTrace trace = RewardTrace::cubed;
  double push_probability = 0.003;  ///< per unit and step
  double push_size = 16;            ///< uniform up to it, of both signs
  std::size_t push_from = 4;        ///< steps of a trial without pushes
  std::size_t trials_before_learning = 100;
  RewardOptions options{.eta = 1, .limit = 3e-3};  ///< before the learning rate
};

struct RecurrentRule {
  RuleKind kind = RuleKind::bptt;
  Feedback feedback = Feedback::symmetric;
  std::size_t horizon = 0;    ///< bptt: steps that an error goes back; 0: all
  double rate_cost = 0;       ///< e-prop of spikes: of firing rates that are not `target_rate`
  double target_rate = 0.01;  ///< spikes per step
  RewardLearning reward = {};
};

bool has_feedback_of_its_own(const RecurrentRule& rule);

/// Who asked, so that noise is a function of it.
struct TrialAddress {
  std::uint64_t seed = 0, number = 0;
};

/// What the rule assigns to a trial, uphill, summed over its steps. `feedback`, units x outputs, is read by
/// rules that have some of their own. Not of rewards, which need more than one trial.
Weights credit_of(const RecurrentRule& rule, const Network& network, const Matrix<double>& feedback,
                  const std::vector<Step>& course, const TrialAddress& address);
Weights credit_of(const RecurrentRule& rule, const SpikingNetwork& network, const Matrix<double>& feedback,
                  const SpikingTrial& trial, const std::vector<SpikingStep>& course);

/// What credit is compared with: the gradient through all steps; where neurons spike, through psi.
Weights exact_gradient(const Network& network, const std::vector<Step>& course);
Weights exact_gradient(const SpikingNetwork& network, const SpikingTrial& trial,
                       const std::vector<SpikingStep>& course);

/// The pushes of a trial of so many steps.
Matrix<double> draw_pushes(const RewardLearning& reward, std::size_t steps, std::size_t units,
                           const TrialAddress& address);

/// What a rule needs beyond quantities that are present at each synapse while the trial runs.
struct RecurrentNeeds {
  bool weight_transport = false;   ///< a weight is read elsewhere than at its own synapse
  bool backwards = false;          ///< steps are gone through again, from the last to the first
  bool signed_errors = false;      ///< errors of both signs reach the units
  bool non_local = false;          ///< at a synapse, what other synapses did to other units
  bool global_signal = false;      ///< scalars of the whole network reach all synapses
  bool more_than_a_trace = false;  ///< more is kept than numbers of each synapse
  std::string non_local_reason, memory;
};
RecurrentNeeds needs_of(const RecurrentRule& rule, bool spiking);

/// A rule by its name, with the options it starts out with.
struct RecurrentRuleEntry {
  std::string name, description, citation;
  RecurrentRule rule;
  bool spikes = false;  ///< there is a form of it for neurons that spike
};
/// In the order of the literature.
const std::vector<RecurrentRuleEntry>& recurrent_rules();

}  // namespace apical::recurrent
