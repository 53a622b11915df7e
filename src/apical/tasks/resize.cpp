// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/resize.h"

#include <algorithm>
#include <cmath>

namespace apical {
namespace {

/// Weights of old pixels first, first + 1, … in one new one; their sum is 1.
template <class Real>
struct Tap {
  std::size_t first;
  std::vector<Real> weights;
};

/// Of the new pixels begin, begin + 1, …, begin + count - 1.
template <class Real>
std::vector<Tap<Real>> taps(std::size_t from, std::size_t to, std::size_t begin, std::size_t count) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), reach = std::max(scale, 1.0);
  std::vector<Tap<Real>> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double centre = (static_cast<double>(begin + i) + 0.5) * scale;
    const double low = std::max(0.0, std::floor(centre - reach)),
                 high = std::min(static_cast<double>(from), std::ceil(centre + reach));
    std::vector<double> weights;
    double sum = 0;
    for (double k = low; k < high; ++k) {
      weights.push_back(std::max(0.0, 1 - std::abs(k + 0.5 - centre) / reach));
      sum += weights.back();
    }
    all[i].first = static_cast<std::size_t>(low);
    for (const double w : weights) all[i].weights.push_back(static_cast<Real>(w / sum));
  }
  return all;
}

/// A part as it is.
io::Picture cut(const io::Picture& picture, std::size_t top, std::size_t left, Size part) {
  io::Picture out{part.rows, part.cols, {}};
  for (std::size_t i = 0; i < part.rows; ++i) {
    const auto row = picture.rgb.begin() + static_cast<std::ptrdiff_t>(((top + i) * picture.cols + left) * 3);
    out.rgb.insert(out.rgb.end(), row, row + static_cast<std::ptrdiff_t>(part.cols * 3));
  }
  return out;
}

template <class Real>
io::Picture resize_part(const io::Picture& picture, Size size, std::size_t top, std::size_t left, Size part) {
  APICAL_CHECK(size.rows > 0 && size.cols > 0 && picture.rows > 0 && picture.cols > 0);
  APICAL_CHECK(top + part.rows <= size.rows && left + part.cols <= size.cols);
  if (part.rows == 0 || part.cols == 0) return {part.rows, part.cols, {}};
  if (size == Size{picture.rows, picture.cols}) return cut(picture, top, left, part);
  const std::vector<Tap<Real>> across = taps<Real>(picture.cols, size.cols, left, part.cols),
                               down = taps<Real>(picture.rows, size.rows, top, part.rows);
  // Old rows that matter.
  const std::size_t first = down.front().first, end = down.back().first + down.back().weights.size();
  std::vector<Real> narrow((end - first) * part.cols * 3, Real{0});
  for (std::size_t i = first; i < end; ++i) {
    const std::uint8_t* const row = picture.rgb.data() + i * picture.cols * 3;
    Real* out = narrow.data() + (i - first) * part.cols * 3;
    for (const Tap<Real>& tap : across) {
      const std::uint8_t* from = row + tap.first * 3;
      for (const Real w : tap.weights) {
        for (std::size_t c = 0; c < 3; ++c) out[c] += w * static_cast<Real>(*from++);
      }
      out += 3;
    }
  }
  io::Picture small{part.rows, part.cols, std::vector<std::uint8_t>(part.rows * part.cols * 3)};
  std::vector<Real> sums(part.cols * 3);
  for (std::size_t i = 0; i < part.rows; ++i) {
    std::fill(sums.begin(), sums.end(), Real{0});
    for (std::size_t k = 0; k < down[i].weights.size(); ++k) {
      const Real w = down[i].weights[k];
      const Real* from = narrow.data() + (down[i].first - first + k) * part.cols * 3;
      for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += w * from[j];
    }
    std::uint8_t* const out = small.rgb.data() + i * part.cols * 3;
    for (std::size_t j = 0; j < sums.size(); ++j)
      out[j] = static_cast<std::uint8_t>(std::clamp(sums[j] + Real{0.5}, Real{0}, Real{255}));
  }
  return small;
}

}  // namespace

io::Picture resized(const io::Picture& picture, Size size) { return resized_part(picture, size, 0, 0, size); }

io::Picture resized_in_double(const io::Picture& picture, Size size) {
  return resize_part<double>(picture, size, 0, 0, size);
}

io::Picture resized_part(const io::Picture& picture, Size size, std::size_t top, std::size_t left,
                         Size part) {
  return resize_part<float>(picture, size, top, left, part);
}

Size with_shorter_side(Size size, std::size_t side) {
  const std::size_t shorter = std::min(size.rows, size.cols);
  if (shorter == side) return size;
  const auto scaled = [&](std::size_t n) { return (2 * n * side + shorter) / (2 * shorter); };
  return {scaled(size.rows), scaled(size.cols)};
}

}  // namespace apical
