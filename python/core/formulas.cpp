// SPDX-License-Identifier: Apache-2.0
// Rules as formulas: read by the library, here to be refused at once where they are wrong.
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "apical/circuit/formula.h"
#include "apical/circuit/formula_rule.h"
#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {

namespace {

/// Rules of spiking projections speak of what happens at instants.
formula::Synapse synapse_of(const std::string& text) {
  const std::vector<std::string> names = formula::names_in(text);
  const bool spikes = std::any_of(names.begin(), names.end(),
                                  [](const std::string& n) { return n == "event" || n == "burst"; });
  return spikes ? formula::Synapse::spiking : formula::Synapse::rate;
}

bool is_interpreted(const std::string& text, const std::map<std::string, double>& numbers) {
  if (synapse_of(text) == formula::Synapse::rate) return rule_of({text, numbers}, "v").interpreted;
  spike::BurstRule rule;
  rule.formula = {text, numbers};
  take_formula(rule);
  return rule.interpreted;
}

std::map<std::string, std::string> meanings(bool spiking) {
  std::map<std::string, std::string> out;
  for (const std::string& line :
       formula::meanings(spiking ? formula::Synapse::spiking : formula::Synapse::rate)) {
    const std::size_t colon = line.find(": ");
    out[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return out;
}

}  // namespace

void bind_formulas(nb::module_& m) {
  m.def("is_interpreted", &is_interpreted, nb::arg("formula"), nb::arg("numbers"),
        "Whether no kernel has the formula. ConfigError for what is no formula of local quantities.");
  m.def("local_quantities", &meanings, nb::arg("spiking") = false,
        "What a synapse knows, by its name in formulas.");
}

}  // namespace apical::python
