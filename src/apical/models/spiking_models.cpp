// SPDX-License-Identifier: Apache-2.0
#include "apical/models/spiking_models.h"

#include <algorithm>

namespace apical::models {

const std::vector<SpikingModel>& spiking_models() {
  static const std::vector<SpikingModel> models{burstprop_pairing_periodic(),
                                                burstprop_pairing_poisson(),
                                                burstprop_pairing_burst_poisson(),
                                                burstprop_rule_network(),
                                                burstprop_multiplexing(),
                                                burstprop_propagation(),
                                                burstprop_xor(),
                                                burstprop_mnist()};
  return models;
}

const SpikingModel* find_spiking(std::string_view name) {
  const auto& all = spiking_models();
  const auto at = std::find_if(all.begin(), all.end(), [&](const SpikingModel& m) { return m.name == name; });
  return at == all.end() ? nullptr : &*at;
}

}  // namespace apical::models
