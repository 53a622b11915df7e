// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/augmentation.h"

#include "apical/core/error.h"
#include "apical/core/random.h"

namespace apical {

Window centre_of(std::size_t rows, std::size_t cols, const ImageShape& shape) {
  APICAL_CHECK(rows >= shape.rows && cols >= shape.cols);
  return {(rows - shape.rows) / 2, (cols - shape.cols) / 2, false};
}

Window window_of(const Augmentation& augmentation, std::size_t rows, std::size_t cols,
                 const ImageShape& shape, const Showing& showing, std::uint32_t sample) {
  const std::size_t pad = augmentation.padding();
  Window window = centre_of(rows + 2 * pad, cols + 2 * pad, shape);
  const auto draw = [&](std::uint32_t what, std::uint64_t n) {
    APICAL_CHECK(showing.epoch < (std::uint64_t{1} << 32));
    return uniform_integer({showing.seed, Stream::augmentation, what, showing.epoch << 32 | sample}, n);
  };
  if (augmentation.crop) {
    window.top = draw(0, rows + 2 * pad - shape.rows + 1);
    window.left = draw(1, cols + 2 * pad - shape.cols + 1);
  }
  if (augmentation.flip) window.flip = draw(2, 2) == 1;
  return window;
}

void cut_out(std::span<const std::uint8_t> from, std::size_t rows, std::size_t cols, std::size_t pad,
             const Window& window, const ImageShape& shape, std::span<std::uint8_t> to) {
  APICAL_CHECK(from.size() == shape.channels * rows * cols && to.size() == shape.size());
  std::uint8_t* out = to.data();
  for (std::size_t c = 0; c < shape.channels; ++c) {
    for (std::size_t i = 0; i < shape.rows; ++i) {
      // Unsigned: what lies above or left of the picture wraps around to far below or right of it.
      const std::size_t row = i + window.top - pad;
      for (std::size_t j = 0; j < shape.cols; ++j) {
        const std::size_t col = (window.flip ? shape.cols - 1 - j : j) + window.left - pad;
        *out++ = row < rows && col < cols ? from[(c * rows + row) * cols + col] : std::uint8_t{0};
      }
    }
  }
}

void fields(FieldVisitor& v, AugmentationOptions& o) {
  v({.name = "augment",
     .meaning = "what training pictures undergo anew in each epoch: a window at a random place (crop), left "
                "and right changed in half of them (flip)",
     .choices = o.choices},
    o.augment);
  v({"crop_padding", "", "black pixels added on each side before the window is cut out", within(0, 1000)},
    o.crop_padding);
}

Augmentation augmentation_of(const AugmentationOptions& o) {
  Augmentation augmentation;
  augmentation.crop = o.augment == "crop" || o.augment == "crop-and-flip";
  augmentation.flip = o.augment == "flip" || o.augment == "crop-and-flip";
  if (augmentation.crop) augmentation.pad = o.crop_padding;
  return augmentation;
}

}  // namespace apical
