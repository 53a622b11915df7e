// SPDX-License-Identifier: Apache-2.0
#include "apical/io/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "apical/io/bmp.h"
#include "apical/io/jpeg.h"
#include "apical/io/picture_room.h"
#include "apical/io/png.h"

namespace apical::io {
namespace {

bool begins(std::span<const std::byte> bytes, std::string_view mark) {
  const std::span<const std::byte> expected = bytes_of(mark);
  return bytes.size() >= expected.size() && std::equal(expected.begin(), expected.end(), bytes.begin());
}

[[noreturn]] void no_picture(std::span<const std::byte> bytes, const std::string& name) {
  throw DataError(
      fmt::format("{}: {} bytes that do not start as a JPEG, PNG or BMP file does", name, bytes.size()));
}

}  // namespace

PictureFormat format_of(std::span<const std::byte> bytes) {
  if (begins(bytes, "\xff\xd8")) return PictureFormat::jpeg;
  if (begins(bytes, "\x89PNG\r\n\x1a\n")) return PictureFormat::png;
  if (begins(bytes, "BM")) return PictureFormat::bmp;
  return PictureFormat::unknown;
}

bool is_picture_name(const Path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::array<std::string_view, 4> kKnown{".jpg", ".jpeg", ".png", ".bmp"};
  return std::find(kKnown.begin(), kKnown.end(), extension) != kKnown.end();
}

Picture decode_picture(std::span<const std::byte> bytes, const std::string& name, std::size_t at_least) {
  switch (format_of(bytes)) {
    case PictureFormat::jpeg:
      return decode_jpeg(bytes, name, at_least);
    case PictureFormat::png:
      return decode_png(bytes, name);
    case PictureFormat::bmp:
      return decode_bmp(bytes, name);
    case PictureFormat::unknown:
      break;
  }
  no_picture(bytes, name);
}

PictureSize picture_size(std::span<const std::byte> bytes, const std::string& name) {
  switch (format_of(bytes)) {
    case PictureFormat::jpeg:
      return jpeg_size(bytes, name);
    case PictureFormat::png:
      return png_size(bytes, name);
    case PictureFormat::bmp:
      return bmp_size(bytes, name);
    case PictureFormat::unknown:
      break;
  }
  no_picture(bytes, name);
}

void require_sensible(PictureSize size, const std::string& name) {
  if (size.rows > 0 && size.cols > 0 && size.rows <= kMostPixels / size.cols) return;
  throw DataError(
      fmt::format("{}: {} x {} pixels; expected 1 to {}", name, size.cols, size.rows, kMostPixels));
}

void require_room_for(PictureSize size, std::size_t bytes, std::size_t per_byte, const std::string& name) {
  if (size.rows * size.cols / per_byte <= bytes) return;
  throw DataError(fmt::format("{}: {} x {} pixels in {} bytes: it is damaged or cut off", name, size.cols,
                              size.rows, bytes));
}

}  // namespace apical::io
