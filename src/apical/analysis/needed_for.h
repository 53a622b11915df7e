// SPDX-License-Identifier: Apache-2.0
// How a list of ingredients says why one is needed, for circuits of either kind.
#pragma once

#include <string>
#include <vector>

#include "apical/analysis/ingredients.h"

namespace apical {

/// "a, b and c", of many the first ones.
std::string some_of(const std::vector<std::string>& names);

/// Needed because of these parts, for a reason that names them in the place of "{}"; else what `otherwise`
/// says.
Ingredient needed_for(const char* name, const std::vector<std::string>& because, const char* reason,
                      const char* otherwise);

}  // namespace apical
