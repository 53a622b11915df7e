// SPDX-License-Identifier: Apache-2.0
// A circuit as a picture: areas as columns from input to output, populations as neurons with their
// compartments, projections as arrows that end at the compartment they reach. What a neuron looks like
// follows from its place in the circuit, never from its name: populations on the forward pathway are drawn as
// pyramidal cells, with the compartments that forward projections reach below the soma and all others above
// it; populations beside that pathway as round cells.
#pragma once

#include <string>

#include "apical/circuit/circuit.h"

namespace apical {

struct DrawnCircuit {
  std::string name;
  std::string svg;          ///< styled by the classes of html/style.h
  std::string caption;      ///< one sentence of sizes
  std::string description;  ///< the circuit as text, for those who cannot or do not want to see it
};

/// The circuit must be valid (Circuit::validate).
DrawnCircuit draw(const Circuit& circuit);

}  // namespace apical
