// SPDX-License-Identifier: Apache-2.0
// What a published experiment of spiking neurons takes for granted, found by looking at its network (see
// ingredients.h), and at its course where that is what matters: phases and target.
#pragma once

#include <vector>

#include "apical/analysis/ingredients.h"
#include "apical/models/spiking_models.h"

namespace apical {

/// weight transport, separate phases, signed signals, mixed signs, global signal, one-to-one wiring, target.
std::vector<Ingredient> ingredients(const models::SpikingOptions& options);

}  // namespace apical
