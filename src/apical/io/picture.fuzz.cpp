// SPDX-License-Identifier: Apache-2.0
// Any bytes are a picture of the size that its header says, or are refused.
#include "apical/io/picture.h"

#include "support/fuzz.h"

APICAL_FUZZ(input) {
  namespace io = apical::io;
  io::PictureSize size;
  const bool has_header = apical::fuzz::accepted([&] { size = io::picture_size(input.bytes(), "x"); });
  if (has_header) apical::fuzz::require(size.rows > 0 && size.cols <= io::kMostPixels / size.rows);
  // Large ones take long, as they may; that they take no more memory than their content deserves is tested
  // in pictures that are made for it.
  if (has_header && size.rows * size.cols > (1U << 20)) return;
  for (const std::size_t at_least : {0U, 8U}) {
    apical::fuzz::accepted([&] {
      const io::Picture picture = io::decode_picture(input.bytes(), "x", at_least);
      apical::fuzz::require(has_header && picture.rgb.size() == picture.rows * picture.cols * 3);
      if (at_least == 0)
        apical::fuzz::require(io::PictureSize{picture.rows, picture.cols} == size ||
                              io::PictureSize{picture.cols, picture.rows} == size);
    });
  }
}
