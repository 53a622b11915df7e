// SPDX-License-Identifier: Apache-2.0
#include "apical/io/bmp.h"

#include <fmt/format.h>
#include <stb/stb_image.h>

#include <cstdlib>
#include <cstring>
#include <memory>

namespace apical::io {
namespace {

/// What stands before the pixels. stb_image takes missing bytes for zeros, so whether a file is whole is
/// looked at here.
struct Header {
  std::uint32_t pixels_at = 0, compression = 0;
  std::int64_t width = 0, height = 0;  ///< of a picture stored from above the height is negative
  std::uint64_t bits = 0;              ///< per pixel

  std::uint64_t rows() const { return static_cast<std::uint64_t>(std::llabs(height)); }
  PictureSize size() const { return {rows(), static_cast<std::size_t>(std::max<std::int64_t>(width, 0))}; }
  std::uint64_t end() const {
    const std::uint64_t row = (static_cast<std::uint64_t>(width) * bits + 31) / 32 * 4;
    return pixels_at + row * rows();
  }
};

constexpr std::size_t kOldHeader = 26, kHeader = 34;

template <class T>
T number_at(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

Header header_of(std::span<const std::byte> bytes, const std::string& name) {
  const auto cut_off = [&] {
    return DataError(fmt::format("{}: a BMP file that is cut off after {} bytes", name, bytes.size()));
  };
  if (bytes.size() < kOldHeader) throw cut_off();
  Header h;
  h.pixels_at = number_at<std::uint32_t>(bytes, 10);
  if (number_at<std::uint32_t>(bytes, 14) == 12) {  // OS/2 1.x
    h.width = number_at<std::uint16_t>(bytes, 18);
    h.height = number_at<std::uint16_t>(bytes, 20);
    h.bits = number_at<std::uint16_t>(bytes, 24);
  } else {
    if (bytes.size() < kHeader) throw cut_off();
    h.width = number_at<std::int32_t>(bytes, 18);
    h.height = number_at<std::int32_t>(bytes, 22);
    h.bits = number_at<std::uint16_t>(bytes, 28);
    h.compression = number_at<std::uint32_t>(bytes, 30);
  }
  require_sensible(h.size(), name);
  return h;
}

}  // namespace

PictureSize bmp_size(std::span<const std::byte> bytes, const std::string& name) {
  return header_of(bytes, name).size();
}

Picture decode_bmp(std::span<const std::byte> bytes, const std::string& name) {
  const Header h = header_of(bytes, name);
  constexpr std::uint32_t kPlain = 0, kBitFields = 3;
  if (h.compression != kPlain && h.compression != kBitFields)
    throw DataError(
        fmt::format("{}: a BMP file with compression {}, which is not read", name, h.compression));
  if (h.end() > bytes.size()) {
    throw DataError(fmt::format("{}: a BMP file that is cut off after {} bytes; its header announces {}",
                                name, bytes.size(), h.end()));
  }
  int cols = 0, rows = 0, channels = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(bytes.data()), static_cast<int>(bytes.size()),
                            &cols, &rows, &channels, STBI_rgb),
      stbi_image_free);
  if (!pixels)
    throw DataError(fmt::format("{}: a BMP file that is damaged ({})", name, stbi_failure_reason()));
  Picture picture{static_cast<std::size_t>(rows), static_cast<std::size_t>(cols), {}};
  if (PictureSize{picture.rows, picture.cols} != h.size())
    throw DataError(fmt::format("{}: a BMP file that is damaged (two sizes)", name));
  picture.rgb.assign(pixels.get(), pixels.get() + picture.rows * picture.cols * 3);
  return picture;
}

}  // namespace apical::io
