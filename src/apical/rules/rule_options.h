// SPDX-License-Identifier: Apache-2.0
// Every credit rule by name, and what can be chosen about it, as values. The one place that knows all rules.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apical/engine/layered/credit_rule.h"
#include "apical/rules/burst_rule.h"
#include "apical/rules/contrastive.h"
#include "apical/rules/equilibrium_propagation.h"
#include "apical/rules/feedback_weights.h"
#include "apical/rules/hebbian.h"
#include "apical/rules/perturbation.h"
#include "apical/rules/predictive_coding.h"
#include "apical/rules/segregated_dendrites.h"
#include "apical/rules/sign_symmetry.h"
#include "apical/rules/spiking_segregated_dendrites.h"
#include "apical/rules/target_propagation.h"
#include "apical/rules/three_factor.h"
#include "apical/rules/two_site.h"
#include "apical/rules/weight_mirror.h"

namespace apical::layered {

struct BackpropagationOptions {};
struct FeedbackAlignmentOptions {
  FeedbackPath path = FeedbackPath::chained;
  FeedbackStart feedback;
};
struct SignSymmetryOptions {
  SignMagnitude magnitude = SignMagnitude::uniform;
};
struct KolenPollackOptions {
  FeedbackStart feedback;
};
struct MirroredFeedbackOptions {
  WeightMirrorOptions mirror;
  FeedbackStart feedback;
};
struct HebbianOptions {
  HebbianForm form = HebbianForm::oja;
};
struct TargetRuleOptions {
  TargetOptions target;
  double feedback_gain = 1;
};
struct RecirculationOptions {
  double lambda = 0.75;
};
struct SegregatedRuleOptions {
  SegregatedOptions physiology;
  FeedbackStart feedback;
};
struct SpikingSegregatedRuleOptions {
  SpikingSegregatedOptions physiology;
  FeedbackStart feedback;
};
struct TwoSiteOptions {
  TwoSiteNeuron neuron;
  FeedbackStart feedback;
};

using RuleOptions =
    std::variant<BackpropagationOptions, FeedbackAlignmentOptions, SignSymmetryOptions, KolenPollackOptions,
                 MirroredFeedbackOptions, HebbianOptions, PerturbationOptions, ThreeFactorOptions,
                 TargetRuleOptions, ContrastiveOptions, RecirculationOptions, EquilibriumOptions,
                 PredictiveOptions, SegregatedRuleOptions, SpikingSegregatedRuleOptions, TwoSiteOptions,
                 BurstpropOptions>;

/// Names in the order of the literature: "backpropagation", "feedback_alignment", …; what CreditRule::name()
/// returns.
const std::vector<std::string>& rule_names();
/// Options with which the rule of this name starts out. Throws ConfigError with the nearest known name.
RuleOptions default_options(std::string_view name);

/// What can be set about a rule, in the names of experiment files.
void fields(FieldVisitor& v, RuleOptions& options);

/// A rule for this network; `seed` addresses its feedback weights and noise. Throws ConfigError if the rule
/// cannot work on such a network, saying why.
template <class T>
std::unique_ptr<CreditRule<T>> make_rule(const RuleOptions& options, const NetworkDescription& description,
                                         std::uint64_t seed);

}  // namespace apical::layered
