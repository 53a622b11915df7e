// SPDX-License-Identifier: Apache-2.0
#include "apical/models/per_area.h"

#include <fmt/format.h>

namespace apical::models {

void check_layers(const std::vector<std::size_t>& layers, std::size_t at_least) {
  if (layers.size() < at_least) {
    throw FieldError("layers",
                     fmt::format("has {} entries; expected at least {} (the input, then one size per area)",
                                 layers.size(), at_least),
                     "e.g. layers = [4, 120, 3]");
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i] == 0)
      throw FieldError::about({"layers"}, fmt::format("layers[{}] is 0; expected at least one neuron", i));
  }
}

}  // namespace apical::models
