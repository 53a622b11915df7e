// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "apical/io/picture.h"

namespace apical::io {

/// DataError if the file's `bytes`, each of which holds `per_byte` pixels at the very most, are too few for
/// the size that it announces: asked before there is memory for the pixels.
void require_room_for(PictureSize size, std::size_t bytes, std::size_t per_byte, const std::string& name);

}  // namespace apical::io
