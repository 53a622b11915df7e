// SPDX-License-Identifier: Apache-2.0
// A picture as a course in time (Le, Jaitly & Hinton 2015): row by row, pixel by pixel, or pixel by pixel in
// one fixed permutation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/core/names.h"

namespace apical {

enum class PixelOrder { rows, pixels, permuted };
template <>
inline constexpr std::array<std::string_view, 3> kNames<PixelOrder>{"rows", "pixels", "permuted"};

/// Steps x channels of a picture whose pixels lie row by row. `permutation` is used by PixelOrder::permuted:
/// step i shows pixel permutation[i]. DataError if sizes do not fit.
Matrix<double> sequential_image(std::span<const double> pixels, std::size_t columns, PixelOrder order,
                                std::span<const std::uint32_t> permutation = {});

}  // namespace apical
