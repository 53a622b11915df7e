// SPDX-License-Identifier: Apache-2.0
// Pictures that look a little different each time they are shown in training: a random window, mirrored or
// not. What is drawn depends on seed, epoch and sample only, so neither on threads nor on where a run was
// stopped and continued.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "apical/core/fields.h"

namespace apical {

/// Channels one after the other, each row by row.
struct ImageShape {
  std::size_t channels = 0, rows = 0, cols = 0;
  std::size_t size() const { return channels * rows * cols; }
};

/// Which showing of a sample is meant.
struct Showing {
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
};

struct Augmentation {
  bool crop = false;    ///< a window at a random place instead of the centre
  bool flip = false;    ///< left and right changed in half of the showings
  std::size_t pad = 0;  ///< black pixels around the picture before the window is cut out
  bool any() const { return crop || flip; }
  std::size_t padding() const { return crop ? pad : 0; }
};

/// Where the window begins in the padded picture, and whether it is mirrored.
struct Window {
  std::size_t top = 0, left = 0;
  bool flip = false;
};

/// The window of the size of `shape` in a picture of rows x cols pixels: drawn, or with nothing to draw the
/// centre (of an odd remainder the lower half). The padded picture must be as large as the window at least.
Window window_of(const Augmentation& augmentation, std::size_t rows, std::size_t cols,
                 const ImageShape& shape, const Showing& showing, std::uint32_t sample);
/// The centre, unmirrored.
Window centre_of(std::size_t rows, std::size_t cols, const ImageShape& shape);

/// `from` is channels x rows x cols; `to` has the size of `shape`. What lies outside is 0.
void cut_out(std::span<const std::uint8_t> from, std::size_t rows, std::size_t cols, std::size_t pad,
             const Window& window, const ImageShape& shape, std::span<std::uint8_t> to);

/// What a task is asked for.
struct AugmentationOptions {
  std::vector<std::string> choices = {"none", "crop", "flip", "crop-and-flip"};  ///< that make sense there
  std::string augment = "none";
  std::size_t crop_padding = 4;
};
void fields(FieldVisitor& v, AugmentationOptions& o);
Augmentation augmentation_of(const AugmentationOptions& o);

}  // namespace apical
