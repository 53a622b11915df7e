// SPDX-License-Identifier: Apache-2.0
#include "apical/models/registry.h"

#include <fmt/format.h>

#include "apical/core/error.h"
#include "apical/models/dendritic_microcircuit.h"
#include "apical/models/dendritic_predictive_coding.h"
#include "apical/models/error_neuron_microcircuit.h"
#include "apical/models/layered_models.h"
#include "apical/models/layered_reference.h"
#include "apical/models/phaseless_alignment_learning.h"
#include "apical/models/recurrent_models.h"
#include "apical/models/spiking_models.h"

namespace apical::models {

const std::vector<Model>& all() {
  static const std::vector<Model> models{error_neuron_microcircuit_model(), layered_reference_model(),
                                         dendritic_microcircuit_model(), dendritic_predictive_coding_model(),
                                         phaseless_alignment_learning_model()};
  return models;
}

const Model& find(std::string_view name) {
  std::vector<std::string> names;
  for (const Model& m : all()) {
    if (m.name == name) return m;
    names.push_back(m.name);
  }
  for (const LayeredModelRecipe& m : layered_models()) names.push_back(m.name);
  for (const RecurrentModelRecipe& m : recurrent_models()) names.push_back(m.name);
  for (const SpikingModel& m : spiking_models()) names.push_back(m.name);
  throw ConfigError(fmt::format("unknown model '{}'", name), {}, suggestion(name, names));
}

Circuit build_default(const Model& model, const std::vector<double>& layers) {
  return build_with(model.recipe, FieldValues().set("layers", layers));
}

}  // namespace apical::models
