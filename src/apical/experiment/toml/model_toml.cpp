// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/model_toml.h"

#include "apical/experiment/toml/field_toml.h"

namespace apical {
namespace {

template <class Model>
ModelChoice read_with(TomlReader& t, const Model& model, const FieldValues& defaults) {
  auto recipe = model.recipe;
  fill_where_known(recipe, defaults);
  t.placing([&] {
    TomlFields reader(t);
    in_own_words([&] { fields(reader, recipe); });
  });
  t.finish();
  return t.placing([&] {
    return in_own_words([&] {
      return ModelChoice{model.name, model.citation, values_of(recipe), recipe.build()};
    });
  });
}

}  // namespace

ModelChoice read_model(TomlReader& t, const FieldValues& defaults, std::optional<std::string> otherwise) {
  const std::string name = t.text("name", std::move(otherwise));
  if (const models::LayeredModelRecipe* layered = models::find_layered(name))
    return read_with(t, *layered, defaults);
  if (const models::RecurrentModelRecipe* recurrent = models::find_recurrent(name))
    return read_with(t, *recurrent, defaults);
  return read_with(t, t.at("name", [&]() -> const models::Model& { return models::find(name); }), defaults);
}

}  // namespace apical
