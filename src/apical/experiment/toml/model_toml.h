// SPDX-License-Identifier: Apache-2.0
// The table [model]: a recipe's name and options.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "apical/core/fields.h"
#include "apical/experiment/toml/toml_reader.h"
#include "apical/models/layered_models.h"
#include "apical/models/recurrent_models.h"
#include "apical/models/registry.h"

namespace apical {

struct ModelChoice {
  std::string name, citation;
  FieldValues values;  ///< of all options, given or not
  std::variant<Circuit, models::LayeredNetwork, models::RecurrentNetwork> subject;
};
/// ConfigError with the place of the key that is wrong. `defaults` take the place of a recipe's own, where it
/// has an option of that name and type. `name`: if the table does not say it.
ModelChoice read_model(TomlReader& model, const FieldValues& defaults = {},
                       std::optional<std::string> name = {});

}  // namespace apical
