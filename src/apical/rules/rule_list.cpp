// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/rule_list.h"

#include "apical/rules/backpropagation.h"
#include "apical/rules/burst_ccn.h"
#include "apical/rules/burstprop_rule.h"
#include "apical/rules/contrastive.h"
#include "apical/rules/equilibrium_propagation.h"
#include "apical/rules/feedback_alignment.h"
#include "apical/rules/hebbian.h"
#include "apical/rules/kolen_pollack.h"
#include "apical/rules/perturbation.h"
#include "apical/rules/predictive_coding.h"
#include "apical/rules/recirculation.h"
#include "apical/rules/segregated_dendrites.h"
#include "apical/rules/sign_symmetry.h"
#include "apical/rules/spiking_burstprop.h"
#include "apical/rules/spiking_segregated_dendrites.h"
#include "apical/rules/target_propagation.h"
#include "apical/rules/three_factor.h"
#include "apical/rules/two_site.h"
#include "apical/rules/weight_mirror.h"

namespace apical::layered {
namespace {

struct RuleFile {
  const char* family;
  RuleEntries (*rules)();
};

constexpr const char *kExact = "the exact gradient", *kFeedback = "feedback weights of their own",
                     *kLocal = "without a target below the readout", *kNoise = "noise and reward",
                     *kTargets = "targets for each layer", *kSettling = "networks that settle",
                     *kDendrites = "dendrites and bursts";

/// In the order of the literature; those of a family stand together.
constexpr RuleFile kFiles[] = {
    {kExact, backpropagation_rules},
    {kFeedback, feedback_alignment_rules},
    {kFeedback, sign_symmetry_rules},
    {kFeedback, weight_mirror_rules},
    {kFeedback, kolen_pollack_rules},
    {kLocal, hebbian_rules},
    {kNoise, perturbation_rules},
    {kNoise, three_factor_rules},
    {kTargets, target_propagation_rules},
    {kSettling, contrastive_rules},
    {kSettling, recirculation_rules},
    {kSettling, equilibrium_propagation_rules},
    {kSettling, predictive_coding_rules},
    {kDendrites, segregated_dendrites_rules},
    {kDendrites, spiking_segregated_dendrites_rules},
    {kDendrites, two_site_rules},
    {kDendrites, burstprop_rules},
    {kDendrites, burst_ccn_rules},
    {kDendrites, spiking_burstprop_rules},
};

}  // namespace

const RuleEntries& all_rules() {
  static const RuleEntries all = [] {
    RuleEntries list;
    for (const RuleFile& file : kFiles) {
      for (RuleEntry& entry : file.rules()) list.push_back(std::move(entry));
    }
    return list;
  }();
  return all;
}

std::string_view family_of(std::string_view rule) {
  for (const RuleFile& file : kFiles) {
    for (const RuleEntry& entry : file.rules()) {
      if (entry.name == rule) return file.family;
    }
  }
  return "";
}

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const RuleEntry& entry : all_rules()) names.push_back(entry.name);
  return names;
}

const RuleEntry& find_rule(std::string_view name) {
  for (const RuleEntry& entry : all_rules()) {
    if (entry.name == name) return entry;
  }
  throw ConfigError("unknown credit rule '" + std::string(name) + "'", {}, suggestion(name, rule_names()));
}

}  // namespace apical::layered
