// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/idx.h"

#include <fmt/format.h>

#include "apical/core/error.h"

namespace apical {

IdxArray parse_idx(std::span<const std::uint8_t> bytes, std::size_t dimensions, const std::string& name) {
  constexpr std::uint8_t kUnsignedByte = 0x08;
  const std::size_t header = 4 + 4 * dimensions;
  if (bytes.size() < header) {
    throw DataError(
        fmt::format("{}: {} bytes are too short for an IDX header of {}", name, bytes.size(), header));
  }
  if (bytes[0] != 0 || bytes[1] != 0 || bytes[2] != kUnsignedByte || bytes[3] != dimensions) {
    throw DataError(
        fmt::format("{}: starts with {:02x} {:02x} {:02x} {:02x}; expected 00 00 08 {:02x}, the IDX mark of "
                    "unsigned bytes in {} dimension(s)",
                    name, bytes[0], bytes[1], bytes[2], bytes[3], dimensions, dimensions));
  }
  IdxArray array;
  const std::size_t present = bytes.size() - header;
  std::size_t announced = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    const auto at = bytes.subspan(4 + 4 * d, 4);
    const std::size_t extent =
        std::size_t{at[0]} << 24 | std::size_t{at[1]} << 16 | std::size_t{at[2]} << 8 | at[3];
    if (extent == 0) throw DataError(fmt::format("{}: dimension {} of its IDX header is 0", name, d + 1));
    // Divided, not multiplied: three 32-bit extents can overflow 64 bits.
    if (announced > present / extent) {
      throw DataError(
          fmt::format("{}: holds {} values, its header announces more: the file is cut off", name, present));
    }
    announced *= extent;
    array.shape.push_back(extent);
  }
  if (announced != present) {
    throw DataError(
        fmt::format("{}: holds {} values where its header announces {}", name, present, announced));
  }
  array.values.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end());
  return array;
}

}  // namespace apical
