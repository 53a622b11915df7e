// SPDX-License-Identifier: Apache-2.0
// Grey pictures as PNG (RFC 2083), 8 bits per pixel; and pictures from PNG, through libpng.
#pragma once

#include <cstdint>
#include <string>

#include "apical/core/matrix.h"
#include "apical/io/picture.h"

namespace apical::io {

/// rows x columns, 0 black … 255 white. DataError for an empty picture.
Bytes encode_png(const Matrix<std::uint8_t>& picture);

/// Any PNG: palettes and greys become colours, 16 bits 8; of transparency the colours stay. Upright, if the
/// file says how the camera was held. DataError, beginning with `name`, for what is cut off or damaged.
Picture decode_png(std::span<const std::byte> bytes, const std::string& name);
PictureSize png_size(std::span<const std::byte> bytes, const std::string& name);

/// As in "data:image/png;base64,…" (RFC 4648, with padding).
std::string base64(std::span<const std::byte> bytes);

}  // namespace apical::io
