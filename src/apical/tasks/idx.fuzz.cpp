// SPDX-License-Identifier: Apache-2.0
// Any bytes are an array whose values fill its shape, or are refused.
#include "apical/tasks/idx.h"

#include "support/fuzz.h"

APICAL_FUZZ(input) {
  for (const std::size_t dimensions : {1U, 3U}) {
    apical::fuzz::accepted([&] {
      const apical::IdxArray array = apical::parse_idx(input.octets(), dimensions, "x");
      std::size_t values = 1;
      for (const std::size_t extent : array.shape) values *= extent;
      apical::fuzz::require(array.shape.size() == dimensions && values == array.values.size());
      apical::fuzz::require(values + 4 + 4 * dimensions == input.size);
    });
  }
}
