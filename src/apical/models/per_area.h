// SPDX-License-Identifier: Apache-2.0
// Parameters given once for all areas or once per area.
#pragma once

#include <string>
#include <vector>

#include "apical/core/field_error.h"

namespace apical::models {

/// values[area], or the only value. FieldError when the list has another length.
template <class T>
const T& per_area(const std::vector<T>& values, std::size_t area, std::size_t areas, const char* name) {
  if (values.size() == 1) return values.front();
  if (values.size() != areas) {
    throw FieldError(name, "has " + std::to_string(values.size()) +
                               " entries; expected 1 or one for each of the " + std::to_string(areas) +
                               " areas");
  }
  return values[area];
}

/// At least an input and one area, none of them empty.
void check_layers(const std::vector<std::size_t>& layers, std::size_t at_least);

}  // namespace apical::models
