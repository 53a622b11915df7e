// SPDX-License-Identifier: Apache-2.0
// A published circuit: its name, what it is, where it is from, and the recipe with its options.
#pragma once

#include "apical/circuit/circuit.h"
#include "apical/core/recipe.h"

namespace apical::models {

struct Model {
  std::string name;
  std::string description;
  std::string citation;
  Recipe<Circuit> recipe;
};

}  // namespace apical::models
