// SPDX-License-Identifier: Apache-2.0
// Spiking circuits as text: [circuit] with neurons = "spiking", [[population]], [[projection]],
// [[background]] and [[edit]] of an experiment file. All keys are explained in docs/spiking-circuits.md.
#pragma once

#include <string>

#include "apical/circuit/spiking_circuit.h"
#include "apical/experiment/toml/toml_reader.h"

namespace apical {

/// Whether [circuit] of the file says that its neurons spike. ConfigError if it says something unknown.
bool says_neurons_spike(TomlReader& root);

/// Adds the populations, projections and backgrounds described in `root` to `circuit`, which may be empty or
/// come from a recipe, then makes the changes listed under [[edit]], then validates. ConfigError at the place
/// of the key or entry that is wrong. Names may be used before they are defined.
void read_spiking_circuit(TomlReader& root, SpikingCircuit& circuit);

/// The circuit as such text; what equals its default is left out. Reads back as an equal circuit.
std::string circuit_toml(const SpikingCircuit& circuit);

}  // namespace apical
