// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/connection.h"

#include <fmt/format.h>

#include "apical/core/error.h"

namespace apical::layered {

std::string to_string(const ImageShape& s) { return fmt::format("{}x{}x{}", s.channels, s.height, s.width); }

ImageShape Convolution::convolved() const {
  if (in.units() == 0)
    throw ConfigError(
        fmt::format("a convolution reads an image, not {} (channels x height x width)", to_string(in)));
  if (channels == 0) throw ConfigError("a convolution needs at least one channel");
  if (kernel_height == 0 || kernel_width == 0)
    throw ConfigError("a convolution needs a kernel of at least 1x1");
  if (stride == 0) throw ConfigError("the stride of a convolution must be at least 1");
  if (padding >= kernel_height || padding >= kernel_width) {
    throw ConfigError(
        fmt::format("padding {} with a {}x{} kernel: the outermost units would see nothing but zeros",
                    padding, kernel_height, kernel_width),
        {}, "choose a padding smaller than the kernel");
  }
  const std::size_t height = in.height + 2 * padding, width = in.width + 2 * padding;
  if (kernel_height > height || kernel_width > width) {
    throw ConfigError(
        fmt::format("a {}x{} kernel does not fit a {}x{} image{}", kernel_height, kernel_width, in.height,
                    in.width, padding == 0 ? std::string() : fmt::format(" padded to {}x{}", height, width)));
  }
  return {channels, (height - kernel_height) / stride + 1, (width - kernel_width) / stride + 1};
}

ImageShape Convolution::out() const {
  const ImageShape c = convolved();
  if (pool == 0 || pool_stride == 0)
    throw ConfigError("an average needs a window and a stride of at least 1");
  if (pool > c.height || pool > c.width) {
    throw ConfigError(fmt::format("an average over {}x{} does not fit the {}x{} result of the convolution",
                                  pool, pool, c.height, c.width));
  }
  return {channels, (c.height - pool) / pool_stride + 1, (c.width - pool) / pool_stride + 1};
}

}  // namespace apical::layered
