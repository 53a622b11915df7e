// SPDX-License-Identifier: Apache-2.0
// Circuits as text: [circuit], [[population]], [[projection]] and [[edit]] of an experiment file. All keys
// are explained in docs/circuits.md.
#pragma once

#include <string>

#include "apical/circuit/circuit.h"
#include "apical/experiment/toml/toml_reader.h"

namespace apical {

/// Adds the populations and projections described in `root` to `circuit`, which may be empty or come from a
/// model's recipe, then makes the changes listed under [[edit]], then validates what was touched. ConfigError
/// at the place of the key or entry that is wrong. Names may be used before they are defined.
void read_populations_and_projections(TomlReader& root, Circuit& circuit);

/// The circuit as such text; what equals its default is left out. Reads back as an equal circuit.
std::string circuit_toml(const Circuit& circuit);

}  // namespace apical
