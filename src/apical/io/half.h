// SPDX-License-Identifier: Apache-2.0
// Numbers of 16 bits, as other programs store them, in single precision, exactly.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "apical/io/array.h"

namespace apical::io {

/// IEEE 754 half precision.
inline float from_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) {
    return fraction == 0 ? sign * std::numeric_limits<float>::infinity()
                         : std::numeric_limits<float>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

/// The upper half of a float.
inline float from_bfloat16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16U); }

inline Array widened(const Array& bits, float (*number)(std::uint16_t)) {
  std::vector<float> numbers(bits.size());
  const auto from = bits.as<std::uint16_t>();
  std::transform(from.begin(), from.end(), numbers.begin(), number);
  return array_of(bits.shape, std::move(numbers));
}

}  // namespace apical::io
