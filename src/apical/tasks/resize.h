// SPDX-License-Identifier: Apache-2.0
// Pictures in another size: each new pixel is a mean of old ones, weighted by a triangle as wide as two new
// pixels when the picture shrinks (so nothing is skipped) and two old ones when it grows (bilinear).
#pragma once

#include "apical/io/jpeg.h"

namespace apical {

struct Size {
  std::size_t rows = 0, cols = 0;
  bool operator==(const Size&) const = default;
};

/// rows, cols > 0. The same size gives the same bytes.
io::Picture resized(const io::Picture& picture, Size size);

/// The same with sums in double precision, for measurements: those in single precision are one level off in
/// about one byte of ten thousand.
io::Picture resized_in_double(const io::Picture& picture, Size size);

/// Of the resized picture only the rows and columns from `top` and `left` on, as many as `part` says: the
/// same bytes, for the work and memory of the part.
io::Picture resized_part(const io::Picture& picture, Size size, std::size_t top, std::size_t left, Size part);

/// The size with the shorter side of `side` pixels and the proportions kept (rounded to nearest).
Size with_shorter_side(Size size, std::size_t side);

}  // namespace apical
