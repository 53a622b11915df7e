// SPDX-License-Identifier: Apache-2.0
// The IDX format of MNIST (LeCun, Cortes & Burges 1998): two zero bytes, a type, the number of dimensions,
// each dimension as big-endian 32 bits, then the values, the last dimension running fastest.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace apical {

struct IdxArray {
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> values;
};

/// Parses an array of unsigned bytes with exactly `dimensions` dimensions. DataError, beginning with
/// `name`, if the header is another one or the length does not fit it.
IdxArray parse_idx(std::span<const std::uint8_t> bytes, std::size_t dimensions, const std::string& name);

}  // namespace apical
