// SPDX-License-Identifier: Apache-2.0
// The credit rules of the layered engine as models by name, "feedback-alignment" for the rule
// feedback_alignment, with the parameters each understands. Rules differ in what they do with an error;
// everything else can be set to the same for all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apical/core/recipe.h"
#include "apical/models/layered_network.h"

namespace apical::models {

struct LayeredModelRecipe {
  std::string name;
  std::string description;
  std::string citation;
  Recipe<LayeredNetwork> recipe;
  std::vector<double> example;  ///< layers of a small network that it can work on
  std::string family;           ///< what it has in common with others
};

/// In the order of layered::all_rules().
const std::vector<LayeredModelRecipe>& layered_models();
/// Null if there is none of this name. Knows one more than layered_models(): 'layered-rule', which only works
/// in a program that hands in its rule.
const LayeredModelRecipe* find_layered(std::string_view name);
/// The model with its defaults, for a small network that it can work on.
LayeredNetwork example_of(const LayeredModelRecipe& model);
/// The model with its defaults, for these layers. ConfigError if it cannot work on them.
LayeredNetwork example_of(const LayeredModelRecipe& model, std::vector<double> layers);

}  // namespace apical::models
