// SPDX-License-Identifier: Apache-2.0
// The published circuits by name.
#pragma once

#include <string_view>
#include <vector>

#include "apical/models/model.h"

namespace apical::models {

const std::vector<Model>& all();
/// ConfigError with the nearest name, of models of other kinds too.
const Model& find(std::string_view name);
/// The model with its defaults, for the given layer sizes.
Circuit build_default(const Model& model, const std::vector<double>& layers);

}  // namespace apical::models
