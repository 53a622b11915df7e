// SPDX-License-Identifier: Apache-2.0
// What a circuit of spiking neurons takes for granted, found by looking at it (see ingredients.h). Phases and
// targets are matters of its course, and no part of this.
#pragma once

#include <vector>

#include "apical/analysis/ingredients.h"
#include "apical/circuit/spiking_circuit.h"

namespace apical {

/// Always the same ingredients in the same order:
///   weight transport, shared weights, mirrored updates, signed signals, mixed signs, separate pathways,
///   known burst probability, global signal, one-to-one wiring.
std::vector<Ingredient> ingredients(const SpikingCircuit& circuit);

}  // namespace apical
