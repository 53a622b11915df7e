// SPDX-License-Identifier: Apache-2.0
// Pictures from BMP (Windows and OS/2 bitmaps), through stb_image.
#pragma once

#include "apical/io/picture.h"

namespace apical::io {

/// 1 to 32 bits per pixel, with a palette or not, stored from below or from above; of transparency the
/// colours stay. DataError, beginning with `name`, for what is cut off, compressed (as hardly any is) or
/// damaged.
Picture decode_bmp(std::span<const std::byte> bytes, const std::string& name);

PictureSize bmp_size(std::span<const std::byte> bytes, const std::string& name);

}  // namespace apical::io
