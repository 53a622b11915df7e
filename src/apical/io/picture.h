// SPDX-License-Identifier: Apache-2.0
// Pictures of any format that is read: which it is, the first bytes tell, whatever the file's name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apical/io/file.h"

namespace apical::io {

/// Colours red, green, blue, one byte each: rows x cols x 3, as on the screen.
struct Picture {
  std::size_t rows = 0, cols = 0;
  std::vector<std::uint8_t> rgb;
};

struct PictureSize {
  std::size_t rows = 0, cols = 0;
  bool operator==(const PictureSize&) const = default;
};

/// No picture has more pixels; a header of a few bytes may claim anything.
inline constexpr std::size_t kMostPixels = std::size_t{1} << 27;

enum class PictureFormat { unknown, jpeg, png, bmp };
PictureFormat format_of(std::span<const std::byte> bytes);

/// ".jpg", ".jpeg", ".png" or ".bmp", in letters of any case.
bool is_picture_name(const Path& path);
/// Those names, for messages.
inline constexpr const char* kPictureNames = ".jpg, .jpeg, .png or .bmp";

/// Upright, as decode_jpeg(), decode_png() and decode_bmp() say. With `at_least` > 0 both sides keep that
/// many pixels, but may have fewer than the file. DataError, beginning with `name`, for what is no whole
/// picture.
Picture decode_picture(std::span<const std::byte> bytes, const std::string& name, std::size_t at_least = 0);

/// Of the stored picture, without decoding it: what lies on its side has rows and columns changed. DataError
/// as above if there is no such header.
PictureSize picture_size(std::span<const std::byte> bytes, const std::string& name);

/// DataError if it has no pixels, or too many.
void require_sensible(PictureSize size, const std::string& name);

}  // namespace apical::io
