// SPDX-License-Identifier: Apache-2.0
// What a recipe returns that is no circuit: a layered network, the rule that assigns credit in it and how
// credit is applied.
#pragma once

#include <cstddef>
#include <vector>

#include "apical/engine/layered/model.h"
#include "apical/rules/backpropagation.h"

namespace apical::models {

struct LayeredNetwork {
  layered::NetworkDescription network;
  layered::RuleOptions rule = layered::BackpropagationOptions{};
  layered::WeightInit init = layered::WeightInit::glorot_uniform;
  std::vector<double> gains = {};  ///< of the initial weights, per layer; empty: 1
  double output_bias = 0;          ///< initial, of every output unit
  layered::LayeredSettings settings;
  std::size_t batch = 20;  ///< samples per update
};

}  // namespace apical::models
