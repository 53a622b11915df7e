// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/sequential_image.h"

#include <fmt/format.h>

#include "apical/core/error.h"

namespace apical {

Matrix<double> sequential_image(std::span<const double> pixels, std::size_t columns, PixelOrder order,
                                std::span<const std::uint32_t> permutation) {
  if (columns == 0 || pixels.size() % columns != 0) {
    throw DataError(
        fmt::format("a picture of {} pixels does not fall into rows of {}", pixels.size(), columns));
  }
  if (order == PixelOrder::permuted && permutation.size() != pixels.size()) {
    throw DataError(
        fmt::format("a permutation of {} for a picture of {} pixels", permutation.size(), pixels.size()));
  }
  const std::size_t channels = order == PixelOrder::rows ? columns : 1;
  Matrix<double> course(pixels.size() / channels, channels);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const std::size_t from = order == PixelOrder::permuted ? permutation[i] : i;
    if (from >= pixels.size()) {
      throw DataError(fmt::format("pixel {} of a picture of {} pixels", from, pixels.size()));
    }
    course.flat()[i] = pixels[from];
  }
  return course;
}

}  // namespace apical
