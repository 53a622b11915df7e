// SPDX-License-Identifier: Apache-2.0
// The table [model]: a recipe's name and parameters.
#pragma once

#include "apical/experiment/toml_reader.h"
#include "apical/models/registry.h"

namespace apical {

struct ModelChoice {
  const models::Model* model;
  Circuit circuit;
};
/// ConfigError with the place of the key that is wrong.
ModelChoice read_model(TomlReader& model);

}  // namespace apical
