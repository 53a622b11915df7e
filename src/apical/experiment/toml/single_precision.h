// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <string>

#include "apical/experiment/toml/toml_reader.h"

namespace apical {

/// What goes into an engine of single precision has to be a number there, too: beyond it lies infinity.
inline void limit_to_single_precision(TomlReader& root, std::string hint) {
  root.limit_numbers({"model", "circuit", "population", "projection", "background", "edit", "teacher",
                      "stimulus", "stage", "value", "reward", "condition"},
                     std::numeric_limits<float>::max(), std::move(hint));
}

}  // namespace apical
