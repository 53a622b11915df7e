// SPDX-License-Identifier: Apache-2.0
// The table [model]: a recipe's name and parameters.
#pragma once

#include <string>
#include <variant>

#include "apical/experiment/toml_reader.h"
#include "apical/models/layered_models.h"
#include "apical/models/registry.h"

namespace apical {

struct ModelChoice {
  std::string name, citation;
  std::variant<Circuit, models::LayeredNetwork> subject;
};
/// ConfigError with the place of the key that is wrong.
ModelChoice read_model(TomlReader& model);

}  // namespace apical
