// SPDX-License-Identifier: Apache-2.0
#include "apical/io/exif.h"

#include <algorithm>
#include <string_view>

namespace apical::io {
namespace {

/// Numbers of a TIFF block, in its order of bytes; 0 outside of it.
class Tiff {
 public:
  explicit Tiff(std::span<const std::byte> bytes)
      : bytes_(bytes), little_(!bytes.empty() && bytes[0] == std::byte{'I'}) {}
  std::uint32_t number(std::size_t at, std::size_t length) const {
    if (at > bytes_.size() || bytes_.size() - at < length) return 0;
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < length; ++i)
      out = out << 8 | std::to_integer<std::uint32_t>(bytes_[at + (little_ ? length - 1 - i : i)]);
    return out;
  }

 private:
  std::span<const std::byte> bytes_;
  bool little_;
};

}  // namespace

int exif_orientation(std::span<const std::byte> segment) {
  constexpr std::string_view kMark("Exif\0\0", 6);
  constexpr std::uint32_t kTag = 274, kShort = 3;
  if (segment.size() < kMark.size() + 8) return 1;
  if (!std::ranges::equal(segment.first(kMark.size()), bytes_of(kMark))) return 1;
  const Tiff tiff(segment.subspan(kMark.size()));
  if (tiff.number(2, 2) != 42) return 1;
  const std::size_t directory = tiff.number(4, 4), entries = tiff.number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (tiff.number(entry, 2) != kTag || tiff.number(entry + 2, 2) != kShort) continue;
    const std::uint32_t value = tiff.number(entry + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Picture upright(Picture picture, int orientation) {
  if (orientation <= 1 || orientation > 8) return picture;
  const bool lies = orientation >= 5;
  // Whether a row, or column, of what is shown runs against that of the file.
  const bool down = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  const bool left = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  Picture out{lies ? picture.cols : picture.rows, lies ? picture.rows : picture.cols, {}};
  out.rgb.resize(picture.rgb.size());
  for (std::size_t i = 0; i < out.rows; ++i) {
    for (std::size_t j = 0; j < out.cols; ++j) {
      const std::size_t a = down ? out.rows - 1 - i : i, b = left ? out.cols - 1 - j : j;
      const std::size_t from = lies ? b * picture.cols + a : a * picture.cols + b;
      std::copy_n(picture.rgb.begin() + static_cast<std::ptrdiff_t>(3 * from), 3,
                  out.rgb.begin() + static_cast<std::ptrdiff_t>(3 * (i * out.cols + j)));
    }
  }
  return out;
}

}  // namespace apical::io
