// SPDX-License-Identifier: Apache-2.0
// What a layered network takes for granted beyond quantities that are local to a synapse, in the words of
// ingredients.h. A credit rule is code, not a circuit that can be looked at: here the answers are those that
// the rule itself gives, with the options it was built with.
#pragma once

#include <vector>

#include "apical/analysis/ingredients.h"
#include "apical/models/layered_network.h"

namespace apical {

/// Always the same in the same order: weight transport, separate phases, signed signals, global signal.
std::vector<Ingredient> ingredients(const models::LayeredNetwork& network);

}  // namespace apical
