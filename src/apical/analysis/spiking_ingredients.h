// SPDX-License-Identifier: Apache-2.0
// What a published experiment of spiking neurons takes for granted, found by looking at its network (see
// ingredients.h), and at its course where that is what matters: phases and target.
#pragma once

#include <vector>

#include "apical/analysis/ingredients.h"
#include "apical/circuit/course.h"
#include "apical/circuit/spiking_circuit.h"

namespace apical {

/// Those of the circuit (spiking_circuit_ingredients.h), separate phases, target.
std::vector<Ingredient> ingredients(const SpikingCircuit& circuit, const Course& course);

}  // namespace apical
