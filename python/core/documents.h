// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "apical/circuit/circuit.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/experiment/toml/toml_reader.h"
#include "apical/learning/parameters.h"

namespace apical::python {

/// Of an experiment, or of a document that has the tables of a circuit and nothing else. ConfigError.
Circuit circuit_of(const TomlDocument& document);
/// The same of spiking neurons.
SpikingCircuit spiking_circuit_of(const TomlDocument& document);

/// What a simulation of that circuit begins with, in place of the initialisation: weights of `source`, a
/// run's directory, or if there is none of what the document names as model.start_from. DataError for weights
/// that do not fit.
void take_weights(Weighted& model, const TomlDocument& document, const std::string& source, unsigned threads,
                  bool single);

}  // namespace apical::python
