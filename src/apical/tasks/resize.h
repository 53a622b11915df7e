// SPDX-License-Identifier: Apache-2.0
// Pictures in another size: each new pixel is a mean of old ones, weighted by a triangle as wide as two new
// pixels when the picture shrinks (so nothing is skipped) and two old ones when it grows (bilinear).
#pragma once

#include "apical/io/jpeg.h"

namespace apical {

/// rows, cols > 0. The same size gives the same bytes.
io::Picture resized(const io::Picture& picture, std::size_t rows, std::size_t cols);

/// With the shorter side of `side` pixels and the proportions kept (rounded to nearest).
io::Picture with_shorter_side(io::Picture picture, std::size_t side);

}  // namespace apical
