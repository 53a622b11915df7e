// SPDX-License-Identifier: Apache-2.0
// The rules of recurrent networks as models by name ("bptt", "e-prop"), with the parameters each understands.
// Rules differ in how they assign credit; everything else can be set to the same for all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apical/core/recipe.h"
#include "apical/models/recurrent_network.h"

namespace apical::models {

struct RecurrentModelRecipe {
  std::string name, description, citation;
  Recipe<RecurrentNetwork> recipe;
};

/// In the order of recurrent::recurrent_rules().
const std::vector<RecurrentModelRecipe>& recurrent_models();
/// Null if there is none of this name.
const RecurrentModelRecipe* find_recurrent(std::string_view name);
/// The model with its defaults, for these layers.
RecurrentNetwork example_of(const RecurrentModelRecipe& model, std::vector<double> layers = {3, 5, 2});

}  // namespace apical::models
