// SPDX-License-Identifier: Apache-2.0
// Experiments of spiking neurons by name: circuit and course belong together, so a model here gives both.
#pragma once

#include <string_view>
#include <vector>

#include "apical/models/spiking_recipe.h"

namespace apical::models {

// Each in a file of its name.
SpikingModel burstprop_pairing_periodic();
SpikingModel burstprop_pairing_poisson();
SpikingModel burstprop_pairing_burst_poisson();
SpikingModel burstprop_rule_network();
SpikingModel burstprop_multiplexing();
SpikingModel burstprop_propagation();
SpikingModel burstprop_xor();
SpikingModel burstprop_mnist();

const std::vector<SpikingModel>& spiking_models();
/// Null if there is none of this name.
const SpikingModel* find_spiking(std::string_view name);

}  // namespace apical::models
