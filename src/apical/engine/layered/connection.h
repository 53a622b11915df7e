// SPDX-License-Identifier: Apache-2.0
// How the units of a layer hear the units below: all to all, or as a convolution whose results may be
// averaged over small windows, so that the drive is a = pool(conv(h)) + b. Averaging is linear, so a
// connection is always one linear map: its transpose carries errors down and its product with two activities
// is a change of its weights, whatever the rule. Layers stay flat: unit (channel, y, x) of an image has index
// (channel * height + y) * width + x.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace apical::layered {

struct ImageShape {
  std::size_t channels = 0, height = 0, width = 0;
  std::size_t pixels() const { return height * width; }
  std::size_t units() const { return channels * height * width; }
  bool operator==(const ImageShape&) const = default;
};
/// "3x32x32", channels first.
std::string to_string(const ImageShape& shape);

/// W is (channels, in.channels * kernel_height * kernel_width), b one offset per channel; the weight that
/// channel o gives to channel c at kernel position (i, j) stands in column (c * kernel_height + i) *
/// kernel_width + j.
struct Convolution {
  ImageShape in;
  std::size_t channels = 0;  ///< of the result
  std::size_t kernel_height = 1, kernel_width = 1;
  std::size_t stride = 1;
  std::size_t padding = 0;      ///< rows and columns of zeros on every side of the image
  std::size_t pool = 1;         ///< the result is averaged over pool x pool positions
  std::size_t pool_stride = 1;  ///< positions from one average to the next

  /// Before averaging. Throws ConfigError if something is zero, a kernel does not fit its padded image, or
  /// the padding is as large as the kernel (outputs that see nothing).
  ImageShape convolved() const;
  /// What the layer is. Throws ConfigError like convolved(), or if the window of the average does not fit.
  ImageShape out() const;
  /// Columns of W.
  std::size_t patch() const { return in.channels * kernel_height * kernel_width; }
  bool operator==(const Convolution&) const = default;
};

/// Nothing: every unit below to every unit of the layer.
using Connection = std::optional<Convolution>;
inline constexpr Connection kAllToAll{};

}  // namespace apical::layered
