// SPDX-License-Identifier: Apache-2.0
#include "apical/models/registry.h"

#include <fmt/format.h>

#include "apical/core/error.h"
#include "apical/models/layered_models.h"
#include "apical/models/model_tables.h"
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
  for (const SpikingModel& m : spiking_models()) names.push_back(m.name);
  throw ConfigError(fmt::format("unknown model '{}'", name), {}, suggestion(name, names));
}

Circuit build_default(const Model& model, const std::vector<double>& layers) {
  std::map<std::string, Value, std::less<>> values;
  for (const Parameter& p : model.parameters) values[p.name] = p.default_value;
  values["layers"] = layers;
  return model.build(Values(std::move(values)));
}

}  // namespace apical::models
