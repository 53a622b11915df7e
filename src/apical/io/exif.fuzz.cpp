// SPDX-License-Identifier: Apache-2.0
// Whatever a camera wrote, it is one of eight ways to hold it.
#include "apical/io/exif.h"

#include "support/fuzz.h"

APICAL_FUZZ(input) {
  const int held = apical::io::exif_orientation(input.bytes());
  apical::fuzz::require(held >= 1 && held <= 8);
}
