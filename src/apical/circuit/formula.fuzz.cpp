// SPDX-License-Identifier: Apache-2.0
// Whatever a person types, it is a formula or refused.
#include "apical/circuit/formula.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "apical/circuit/formula_rule.h"
#include "apical/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  apical::Formula formula{std::string(reinterpret_cast<const char*>(data), size)};
  try {
    for (const std::string& name : apical::formula::names_in(formula.text)) {
      if (name.size() == 1 && name != "v" && name != "w") formula.numbers[name] = 0.5;
    }
    const apical::PlasticityRule rule = apical::rule_of(formula, "basal");
    if (rule != apical::rule_of(*rule.formula, "basal")) __builtin_trap();
  } catch (const apical::ConfigError&) {
  }
  return 0;
}
