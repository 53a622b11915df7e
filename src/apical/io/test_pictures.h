// SPDX-License-Identifier: Apache-2.0
// For tests: JPEG files from arrays.
#pragma once

#include <turbojpeg.h>

#include <cstdint>

#include "apical/io/jpeg.h"

namespace apical::io {

/// Of one colour.
inline Picture plain_picture(std::size_t rows, std::size_t cols, std::uint8_t red, std::uint8_t green,
                             std::uint8_t blue) {
  Picture picture{rows, cols, {}};
  for (std::size_t i = 0; i < rows * cols; ++i) picture.rgb.insert(picture.rgb.end(), {red, green, blue});
  return picture;
}

/// A `picture` of CMYK has four bytes per pixel.
inline Bytes encode_jpeg(const Picture& picture, int quality = 95, int sampling = TJSAMP_444,
                         TJPF format = TJPF_RGB) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* out = nullptr;
  unsigned long size = 0;
  tjCompress2(encoder, picture.rgb.data(), static_cast<int>(picture.cols), 0, static_cast<int>(picture.rows),
              format, &out, &size, sampling, quality, TJFLAG_ACCURATEDCT);
  const auto* first = reinterpret_cast<const std::byte*>(out);
  Bytes bytes(first, first + size);
  tjFree(out);
  tjDestroy(encoder);
  return bytes;
}

inline void write_jpeg(const Path& path, const Picture& picture) {
  make_directories(path.parent_path());
  write_atomically(path, encode_jpeg(picture));
}

}  // namespace apical::io
