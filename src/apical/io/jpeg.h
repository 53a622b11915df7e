// SPDX-License-Identifier: Apache-2.0
// Pictures from JPEG (ITU-T T.81), through libjpeg-turbo.
#pragma once

#include "apical/io/picture.h"

namespace apical::io {

/// Upright as viewers show it, if the file says how the camera was held (Exif). Grey pictures get three equal
/// colours. With `at_least` > 0 the picture may come 2, 4 or 8 times smaller, as long as both sides keep that
/// many pixels: the decoder then does a fraction of the work. DataError, beginning with `name`, for bytes
/// that are no JPEG, that are cut off or damaged (even where a viewer would show something; not for bytes
/// that stand between two parts and mean nothing), for other colours, and for more than 2^27 pixels.
Picture decode_jpeg(std::span<const std::byte> bytes, const std::string& name, std::size_t at_least = 0);

PictureSize jpeg_size(std::span<const std::byte> bytes, const std::string& name);

}  // namespace apical::io
