// SPDX-License-Identifier: Apache-2.0
// Any bytes are an array, or an archive of arrays, whose numbers fill their shapes, or are refused.
#include "apical/io/npy_reader.h"

#include "support/fuzz.h"

namespace {

void look_at(const apical::io::Array& array) {
  apical::fuzz::require(apical::io::elements_of(array.shape, "x") == array.size());
  if (array.size() == 0) return;
  array.number(0);
  array.number(array.size() - 1);
  apical::io::index_text(array.shape, array.size() - 1);
}

}  // namespace

APICAL_FUZZ(input) {
  namespace io = apical::io;
  apical::fuzz::accepted([&] {
    look_at(io::decode_npy({input.bytes().begin(), input.bytes().end()}, "x.npy"));
  });
  apical::fuzz::accepted([&] {
    for (const auto& [name, array] : io::read_npz(apical::fuzz::file_with("x.npz", input.text()), 1 << 20))
      look_at(array);
  });
}
