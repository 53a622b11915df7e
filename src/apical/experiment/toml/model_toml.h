// SPDX-License-Identifier: Apache-2.0
// The table [model]: a recipe's name and parameters.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "apical/experiment/toml/toml_reader.h"
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
ModelChoice read_model(TomlReader& model, const ParameterDefaults& defaults = {},
                       std::optional<std::string> name = {});

/// Every parameter by its name; where it is not given, its value in `defaults`, else its own default.
ParameterDefaults read_values(TomlReader& model, const std::vector<models::Parameter>& parameters,
                              const ParameterDefaults& defaults = {});
/// The place of the parameter that a recipe's complaint is about: the given one that it names first, or the
/// model's name.
Place place_of(const TomlReader& model, const std::vector<models::Parameter>& parameters,
               const std::string& complaint);
/// What `f` returns; a ConfigError of it gets that place.
template <class F>
auto at_parameter(const TomlReader& model, const std::vector<models::Parameter>& parameters, F&& f) {
  try {
    return f();
  } catch (const ConfigError& e) {
    throw ConfigError(e.bare_message(), place_of(model, parameters, e.bare_message()), e.hint());
  }
}

}  // namespace apical
