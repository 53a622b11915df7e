// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "apical/circuit/circuit.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/experiment/toml/toml_reader.h"

namespace apical::python {

/// Of an experiment, or of a document that has the tables of a circuit and nothing else. ConfigError.
Circuit circuit_of(const TomlDocument& document);
/// The same of spiking neurons.
SpikingCircuit spiking_circuit_of(const TomlDocument& document);

}  // namespace apical::python
