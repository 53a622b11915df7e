// SPDX-License-Identifier: Apache-2.0
// A formula in a table: {formula = "eta * pre * rate", eta = 0.02}.
#pragma once

#include <string>

#include "apical/circuit/formula.h"
#include "apical/experiment/toml/toml_reader.h"

namespace apical {

/// Its numbers stand beside it under their names; those that it had before and that are not given stay.
/// `given`: there is a text at `key`; else only numbers change. ConfigError at `key` for what is no formula.
void read_formula(TomlReader& table, const char* key, Formula& formula, bool given,
                  formula::Synapse synapse = formula::Synapse::rate);
/// What stands behind `formula = `: the text and its numbers.
std::string formula_toml(const Formula& formula);

}  // namespace apical
