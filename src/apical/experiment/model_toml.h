// SPDX-License-Identifier: Apache-2.0
// The table [model]: a recipe's name and parameters.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "apical/experiment/toml_reader.h"
#include "apical/models/layered_models.h"
#include "apical/models/registry.h"

namespace apical {

/// Defaults that take the place of a recipe's own, where it has a parameter of that name and type.
using ParameterDefaults = std::map<std::string, models::Value, std::less<>>;

struct ModelChoice {
  std::string name, citation;
  ParameterDefaults values;  ///< all parameters, given or not
  std::variant<Circuit, models::LayeredNetwork> subject;
};
/// ConfigError with the place of the key that is wrong. `name`: if the table does not say it.
ModelChoice read_model(TomlReader& model, const ParameterDefaults& defaults = {}, std::optional<std::string> name = {});

}  // namespace apical
