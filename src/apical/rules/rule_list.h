// SPDX-License-Identifier: Apache-2.0
// Every credit rule by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apical/rules/rule_options.h"

namespace apical::layered {

/// In the order of the literature.
const RuleEntries& all_rules();
/// What rules like this one have in common: "feedback weights of their own".
std::string_view family_of(std::string_view rule);
std::vector<std::string> rule_names();
/// Throws ConfigError with the nearest known name.
const RuleEntry& find_rule(std::string_view name);
/// Options with which the rule of this name starts out.
inline RuleOptions default_options(std::string_view name) { return find_rule(name).options; }

}  // namespace apical::layered
