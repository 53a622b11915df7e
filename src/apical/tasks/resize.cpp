// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/resize.h"

#include <algorithm>
#include <cmath>

namespace apical {
namespace {

/// Weights of old pixels first, first + 1, … in one new one; their sum is 1.
struct Tap {
  std::size_t first;
  std::vector<float> weights;
};

std::vector<Tap> taps(std::size_t from, std::size_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), reach = std::max(scale, 1.0);
  std::vector<Tap> all(to);
  for (std::size_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const double low = std::max(0.0, std::floor(centre - reach)),
                 high = std::min(static_cast<double>(from), std::ceil(centre + reach));
    std::vector<double> weights;
    double sum = 0;
    for (double k = low; k < high; ++k) {
      weights.push_back(std::max(0.0, 1 - std::abs(k + 0.5 - centre) / reach));
      sum += weights.back();
    }
    all[i].first = static_cast<std::size_t>(low);
    for (const double w : weights) all[i].weights.push_back(static_cast<float>(w / sum));
  }
  return all;
}

}  // namespace

io::Picture resized(const io::Picture& picture, std::size_t rows, std::size_t cols) {
  APICAL_CHECK(rows > 0 && cols > 0 && picture.rows > 0 && picture.cols > 0);
  if (rows == picture.rows && cols == picture.cols) return picture;
  const std::vector<Tap> across = taps(picture.cols, cols), down = taps(picture.rows, rows);
  std::vector<float> narrow(picture.rows * cols * 3, 0.0F);
  for (std::size_t i = 0; i < picture.rows; ++i) {
    const std::uint8_t* const row = picture.rgb.data() + i * picture.cols * 3;
    float* out = narrow.data() + i * cols * 3;
    for (const Tap& tap : across) {
      const std::uint8_t* from = row + tap.first * 3;
      for (const float w : tap.weights) {
        for (std::size_t c = 0; c < 3; ++c) out[c] += w * static_cast<float>(*from++);
      }
      out += 3;
    }
  }
  io::Picture small{rows, cols, std::vector<std::uint8_t>(rows * cols * 3)};
  std::vector<float> sums(cols * 3);
  for (std::size_t i = 0; i < rows; ++i) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (std::size_t k = 0; k < down[i].weights.size(); ++k) {
      const float w = down[i].weights[k];
      const float* from = narrow.data() + (down[i].first + k) * cols * 3;
      for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += w * from[j];
    }
    std::uint8_t* const out = small.rgb.data() + i * cols * 3;
    for (std::size_t j = 0; j < sums.size(); ++j)
      out[j] = static_cast<std::uint8_t>(std::clamp(sums[j] + 0.5F, 0.0F, 255.0F));
  }
  return small;
}

io::Picture with_shorter_side(io::Picture picture, std::size_t side) {
  const std::size_t shorter = std::min(picture.rows, picture.cols);
  if (shorter == side) return picture;
  const auto scaled = [&](std::size_t n) { return (2 * n * side + shorter) / (2 * shorter); };
  return resized(picture, scaled(picture.rows), scaled(picture.cols));
}

}  // namespace apical
