// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/rule_options.h"

#include <utility>

#include "apical/rules/backpropagation.h"
#include "apical/rules/burstprop_relu.h"
#include "apical/rules/burstprop_rule.h"
#include "apical/rules/feedback_alignment.h"
#include "apical/rules/kolen_pollack.h"
#include "apical/rules/recirculation.h"

namespace apical::layered {
namespace {

const std::vector<std::pair<std::string, RuleOptions>>& table() {
  static const std::vector<std::pair<std::string, RuleOptions>> rows{
      {"backpropagation", BackpropagationOptions{}},
      {"feedback_alignment", FeedbackAlignmentOptions{}},
      {"direct_feedback_alignment", FeedbackAlignmentOptions{.path = FeedbackPath::direct, .feedback = {}}},
      {"sign_symmetry_uniform", SignSymmetryOptions{SignMagnitude::uniform}},
      {"sign_symmetry_fixed", SignSymmetryOptions{SignMagnitude::fixed_random}},
      {"sign_symmetry_batch", SignSymmetryOptions{SignMagnitude::batch_random}},
      {"weight_mirror", MirroredFeedbackOptions{}},
      {"kolen_pollack", KolenPollackOptions{}},
      {"hebb", HebbianOptions{HebbianForm::hebb}},
      {"oja", HebbianOptions{HebbianForm::oja}},
      {"subspace", HebbianOptions{HebbianForm::subspace}},
      {"gha", HebbianOptions{HebbianForm::gha}},
      {"node_perturbation", PerturbationOptions{}},
      {"reinforce", PerturbationOptions{.form = PerturbationForm::reinforce}},
      {"three_factor", ThreeFactorOptions{}},
      {"target_propagation", TargetRuleOptions{.target = {.form = TargetForm::plain}}},
      {"difference_target_propagation", TargetRuleOptions{.target = {.form = TargetForm::difference}}},
      {"direct_difference_target_propagation",
       TargetRuleOptions{.target = {.form = TargetForm::direct_linear}}},
      {"contrastive_hebbian", ContrastiveOptions{}},
      {"generec", ContrastiveOptions{.form = ContrastiveForm::generec}},
      {"recirculation", RecirculationOptions{}},
      {"equilibrium_propagation", EquilibriumOptions{}},
      {"predictive_coding", PredictiveOptions{}},
      {"predictive_coding_fixed_prediction",
       PredictiveOptions{.inference = Inference::fixed_prediction, .gamma = 0.3}},
      {"predictive_coding_zil", PredictiveOptions{.inference = Inference::zero_divergence}},
      {"predictive_coding_incremental", PredictiveOptions{.inference = Inference::incremental}},
      {"segregated_dendrites", SegregatedRuleOptions{}},
      {"segregated_dendrites_spiking", SpikingSegregatedRuleOptions{}},
      {"two_site", TwoSiteOptions{}},
      {"burstprop", BurstpropOptions{}},
  };
  return rows;
}

template <class T>
struct Maker {
  using Rule = std::unique_ptr<CreditRule<T>>;
  const NetworkDescription& net;
  std::uint64_t seed;

  FeedbackWeights<T> start(FeedbackPath path, const FeedbackStart& s) const {
    return random_feedback<T>(net, path, s.init, s.gain, seed);
  }
  Rule operator()(const BackpropagationOptions&) const { return std::make_unique<Backpropagation<T>>(); }
  Rule operator()(const FeedbackAlignmentOptions& o) const {
    return std::make_unique<FeedbackAlignment<T>>(net, o.path, start(o.path, o.feedback));
  }
  Rule operator()(const SignSymmetryOptions& o) const {
    return std::make_unique<SignSymmetry<T>>(
        net, o.magnitude,
        o.magnitude == SignMagnitude::uniform ? uniform_magnitude<T>(net) : random_magnitude<T>(net, seed),
        seed);
  }
  Rule operator()(const KolenPollackOptions& o) const {
    return std::make_unique<KolenPollack<T>>(net, start(FeedbackPath::chained, o.feedback));
  }
  Rule operator()(const MirroredFeedbackOptions& o) const {
    return std::make_unique<WeightMirror<T>>(net, start(FeedbackPath::chained, o.feedback), o.mirror, seed);
  }
  Rule operator()(const HebbianOptions& o) const { return std::make_unique<HebbianRule<T>>(net, o.form); }
  Rule operator()(const PerturbationOptions& o) const {
    return std::make_unique<PerturbationRule<T>>(net, o, seed);
  }
  Rule operator()(const ThreeFactorOptions& o) const {
    return std::make_unique<ThreeFactor<T>>(net, o, seed);
  }
  Rule operator()(const TargetRuleOptions& o) const {
    if (o.target.form == TargetForm::direct_linear) {
      return std::make_unique<TargetPropagation<T>>(net, o.target,
                                                    random_direct<T>(net, o.feedback_gain, seed), seed);
    }
    return std::make_unique<TargetPropagation<T>>(net, o.target,
                                                  random_inverse<T>(net, o.feedback_gain, seed), seed);
  }
  Rule operator()(const ContrastiveOptions& o) const {
    return std::make_unique<ContrastiveHebbian<T>>(net, o);
  }
  Rule operator()(const RecirculationOptions& o) const {
    return std::make_unique<Recirculation<T>>(net, o.lambda);
  }
  Rule operator()(const EquilibriumOptions& o) const {
    return std::make_unique<EquilibriumPropagation<T>>(net, o, seed);
  }
  Rule operator()(const PredictiveOptions& o) const { return std::make_unique<PredictiveCoding<T>>(net, o); }
  Rule operator()(const SegregatedRuleOptions& o) const {
    return std::make_unique<SegregatedDendrites<T>>(net, o.physiology,
                                                    start(FeedbackPath::direct, o.feedback));
  }
  Rule operator()(const SpikingSegregatedRuleOptions& o) const {
    return std::make_unique<SpikingSegregatedDendrites<T>>(net, o.physiology,
                                                           start(FeedbackPath::direct, o.feedback), seed);
  }
  Rule operator()(const TwoSiteOptions& o) const {
    return std::make_unique<TwoSite<T>>(net, start(FeedbackPath::chained, o.feedback), o.neuron, seed);
  }
  Rule operator()(const BurstpropOptions& o) const {
    if (net.loss == Loss::ce)
      return std::make_unique<ReluBurstprop<T>>(net, o, burst_feedback<T>(net, o, seed));
    return std::make_unique<Burstprop<T>>(net, o, burst_feedback<T>(net, o, seed),
                                          burst_recurrence<T>(net, o, seed));
  }
};

}  // namespace

const std::vector<std::string>& rule_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& [name, options] : table()) list.push_back(name);
    return list;
  }();
  return names;
}

RuleOptions default_options(std::string_view name) {
  for (const auto& [known, options] : table()) {
    if (known == name) return options;
  }
  throw ConfigError("unknown credit rule '" + std::string(name) + "'", {}, suggestion(name, rule_names()));
}

namespace {
// Those of rules that are simpler than their options, or share them with others.
void fields(FieldVisitor&, BackpropagationOptions&) {}
void fields(FieldVisitor& v, FeedbackAlignmentOptions& o) { fields(v, o.feedback); }
void fields(FieldVisitor&, SignSymmetryOptions&) {}
void fields(FieldVisitor& v, KolenPollackOptions& o) { fields(v, o.feedback); }
void fields(FieldVisitor& v, MirroredFeedbackOptions& o) {
  fields(v, o.mirror);
  fields(v, o.feedback);
}
void fields(FieldVisitor&, HebbianOptions&) {}
void fields(FieldVisitor& v, TargetRuleOptions& o) {
  fields(v, o.target);
  v({"feedback_gain", "", "multiplies initial feedback weights"}, o.feedback_gain);
}
void fields(FieldVisitor& v, RecirculationOptions& o) {
  v({"regression",
     "",
     "share of the old activity that stays on each trip (lambda)",
     {.low = 0, .high = 1, .below = true}},
    o.lambda);
}
void fields(FieldVisitor& v, SegregatedRuleOptions& o) {
  fields(v, o.physiology);
  fields(v, o.feedback);
}
void fields(FieldVisitor& v, SpikingSegregatedRuleOptions& o) {
  fields(v, o.physiology);
  fields(v, o.feedback);
}
void fields(FieldVisitor& v, TwoSiteOptions& o) {
  fields(v, o.neuron);
  fields(v, o.feedback);
}
}  // namespace

void fields(FieldVisitor& v, RuleOptions& options) {
  std::visit([&](auto& o) { fields(v, o); }, options);
}

template <class T>
std::unique_ptr<CreditRule<T>> make_rule(const RuleOptions& options, const NetworkDescription& description,
                                         std::uint64_t seed) {
  description.validate();
  return std::visit(Maker<T>{description, seed}, options);
}
template std::unique_ptr<CreditRule<float>> make_rule<float>(const RuleOptions&, const NetworkDescription&,
                                                             std::uint64_t);
template std::unique_ptr<CreditRule<double>> make_rule<double>(const RuleOptions&, const NetworkDescription&,
                                                               std::uint64_t);

}  // namespace apical::layered
