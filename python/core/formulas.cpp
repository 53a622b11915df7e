// SPDX-License-Identifier: Apache-2.0
// Rules as formulas: read by the library, here to be refused at once where they are wrong.
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

#include <map>
#include <string>

#include "apical/circuit/formula.h"
#include "apical/circuit/formula_rule.h"
#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {

void bind_formulas(nb::module_& m) {
  m.def(
      "is_interpreted",
      [](const std::string& formula, const std::map<std::string, double>& numbers) {
        return rule_of({formula, numbers}, "v").interpreted;
      },
      nb::arg("formula"), nb::arg("numbers"),
      "Whether no kernel has the formula. ConfigError for what is no formula of local quantities.");
  m.def(
      "local_quantities",
      [] {
        std::map<std::string, std::string> meanings;
        for (const std::string& line : formula::meanings()) {
          const std::size_t colon = line.find(": ");
          meanings[line.substr(0, colon)] = line.substr(colon + 2);
        }
        return meanings;
      },
      "What a synapse knows, by its name in formulas.");
}

}  // namespace apical::python
