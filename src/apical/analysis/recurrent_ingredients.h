// SPDX-License-Identifier: Apache-2.0
// What a recurrent network takes for granted beyond quantities that are local to a synapse, in the words of
// ingredients.h. Answers are those that the rule gives for its own options.
#pragma once

#include <vector>

#include "apical/analysis/ingredients.h"
#include "apical/models/recurrent_network.h"

namespace apical {

/// Always the same in the same order: weight transport, separate phases, signed signals, non-local terms,
/// global signal, memory beyond a trace.
std::vector<Ingredient> ingredients(const models::RecurrentNetwork& network);

}  // namespace apical
