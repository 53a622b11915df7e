// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/rule_list.h"

#include "apical/rules/backpropagation.h"
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
#include "apical/rules/spiking_segregated_dendrites.h"
#include "apical/rules/target_propagation.h"
#include "apical/rules/three_factor.h"
#include "apical/rules/two_site.h"
#include "apical/rules/weight_mirror.h"

namespace apical::layered {
namespace {

/// One for each file, in the order of the literature.
constexpr RuleEntries (*kFiles[])() = {
    backpropagation_rules,
    feedback_alignment_rules,
    sign_symmetry_rules,
    weight_mirror_rules,
    kolen_pollack_rules,
    hebbian_rules,
    perturbation_rules,
    three_factor_rules,
    target_propagation_rules,
    contrastive_rules,
    recirculation_rules,
    equilibrium_propagation_rules,
    predictive_coding_rules,
    segregated_dendrites_rules,
    spiking_segregated_dendrites_rules,
    two_site_rules,
    burstprop_rules,
};

}  // namespace

const RuleEntries& all_rules() {
  static const RuleEntries all = [] {
    RuleEntries list;
    for (const auto rules_of_file : kFiles) {
      for (RuleEntry& entry : rules_of_file()) list.push_back(std::move(entry));
    }
    return list;
  }();
  return all;
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
