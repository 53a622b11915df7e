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

/// Every parameter by its name, its default where it is not given.
models::Values read_values(TomlReader& model, const std::vector<models::Parameter>& parameters);
/// A recipe's complaint usually opens with the parameter it is about: its place, or that of the name.
Place place_of(const TomlReader& model, const std::vector<models::Parameter>& parameters, const std::string& complaint);
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
