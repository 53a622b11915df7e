// SPDX-License-Identifier: Apache-2.0
// How a camera was held, as its pictures tell (Exif 2.3, tag 274).
#pragma once

#include "apical/io/jpeg.h"

namespace apical::io {

/// 1 to 8, from the content of an APP1 segment; 1, upright, if it does not tell or makes no sense.
int exif_orientation(std::span<const std::byte> segment);

/// The picture as it is to be shown: mirrored for 2, 4, 5 and 7, upside down for 3, lying on a side for 6
/// and 8.
Picture upright(Picture picture, int orientation);

}  // namespace apical::io
