// SPDX-License-Identifier: Apache-2.0
// A circuit as a picture: areas as columns from input to output, populations as neurons with their
// compartments, projections as arrows that end at the compartment they reach. What a neuron looks like
// follows from its place in the circuit, never from its name: populations on the forward pathway are drawn as
// pyramidal cells, with the compartments that forward projections reach below the soma and all others above
// it; populations beside that pathway as round cells.
#pragma once

#include <string>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/report/drawing/circuit_routes.h"

namespace apical {

struct DrawnCircuit {
  std::string name;
  std::string svg;          ///< styled by the classes of html/style.h
  std::string caption;      ///< one sentence of sizes
  std::string description;  ///< the circuit as text, for those who cannot or do not want to see it
};

/// The circuit must be valid (Circuit::validate).
DrawnCircuit draw(const Circuit& circuit);

/// A circuit of spiking neurons in the same way. Populations that are as many synapses from the input share a
/// column; interneurons stand in that of what they reach. Projections from one population to one compartment
/// that transmit the same share an arrow. The circuit must be valid (spike::validate).
DrawnCircuit draw(const SpikingCircuit& circuit);

/// For pictures of other kinds of circuits: a sketch with the texts of its arrows and what the symbols in
/// them mean. Caption and description are left to the caller.
struct Symbol {
  const char *symbol, *meaning;
};
DrawnCircuit draw_sketch(const Circuit& sketch, const std::vector<ArrowText>& texts,
                         const std::vector<Symbol>& symbols);

/// 1412520 as "1 412 520", with narrow no-break spaces.
std::string grouped(std::size_t n);

}  // namespace apical
