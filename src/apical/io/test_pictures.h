// SPDX-License-Identifier: Apache-2.0
// For tests: files of pictures from arrays.
#pragma once

#include <png.h>
#include <stb/stb_image_write.h>
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

inline Bytes encode_rgb_png(const Picture& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.cols);
  image.height = static_cast<png_uint_32>(picture.rows);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, picture.rgb.data(), 0, nullptr);
  Bytes bytes(size);
  png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.rgb.data(), 0, nullptr);
  bytes.resize(size);
  return bytes;
}

inline Bytes encode_bmp(const Picture& picture) {
  Bytes bytes;
  const auto append = [](void* to, void* from, int size) {
    const auto* first = static_cast<const std::byte*>(from);
    static_cast<Bytes*>(to)->insert(static_cast<Bytes*>(to)->end(), first, first + size);
  };
  stbi_write_bmp_to_func(append, &bytes, static_cast<int>(picture.cols), static_cast<int>(picture.rows), 3,
                         picture.rgb.data());
  return bytes;
}

inline void write_jpeg(const Path& path, const Picture& picture) {
  make_directories(path.parent_path());
  write_atomically(path, encode_jpeg(picture));
}

}  // namespace apical::io
