// SPDX-License-Identifier: Apache-2.0
// Any bytes are tensors whose numbers fill their shapes, or are refused.
#include "apical/io/safetensors.h"

#include "support/fuzz.h"

APICAL_FUZZ(input) {
  namespace io = apical::io;
  apical::fuzz::accepted([&] {
    for (const auto& [name, tensor] :
         io::read_safetensors(apical::fuzz::file_with("x.safetensors", input.text()))) {
      apical::fuzz::require(io::elements_of(tensor.shape, "x") == tensor.size());
      if (tensor.size() > 0) tensor.number(tensor.size() - 1);
    }
  });
}
