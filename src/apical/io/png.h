// SPDX-License-Identifier: Apache-2.0
// Grey pictures as PNG (RFC 2083), 8 bits per pixel.
#pragma once

#include <cstdint>
#include <string>

#include "apical/core/matrix.h"
#include "apical/io/file.h"

namespace apical::io {

/// rows x columns, 0 black … 255 white. DataError for an empty picture.
Bytes encode_png(const Matrix<std::uint8_t>& picture);

/// As in "data:image/png;base64,…" (RFC 4648, with padding).
std::string base64(std::span<const std::byte> bytes);

}  // namespace apical::io
