// SPDX-License-Identifier: Apache-2.0
#include "apical/io/jpeg.h"

#include <fmt/format.h>
#include <turbojpeg.h>

#include <algorithm>
#include <memory>

namespace apical::io {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Decoder = std::unique_ptr<void, Destroy>;

/// One per thread: making one costs more than decoding a small picture.
Decoder& decoder_of_thread() {
  static thread_local Decoder decoder;
  if (!decoder) decoder.reset(tjInitDecompress());
  if (!decoder) throw std::bad_alloc();
  return decoder;
}

/// After an error a decoder takes the next picture for the rest of the last one (seen with
/// libjpeg-turbo 2.1.5), so it goes.
[[noreturn]] void damaged(Decoder& decoder, const std::string& name, std::size_t bytes) {
  const std::string reason = tjGetErrorStr2(decoder.get());
  decoder.reset();
  throw DataError(
      fmt::format("{}: a JPEG file that is damaged, or cut off after {} bytes ({})", name, bytes, reason));
}

/// Of cyan, magenta, yellow and black as files of this kind have them: 255 is no ink.
std::vector<std::uint8_t> of_print_colours(const std::vector<std::uint8_t>& cmyk) {
  std::vector<std::uint8_t> rgb(cmyk.size() / 4 * 3);
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    const unsigned ink = cmyk[i / 3 * 4 + i % 3], black = cmyk[i / 3 * 4 + 3];
    rgb[i] = static_cast<std::uint8_t>((ink * black + 127) / 255);
  }
  return rgb;
}

constexpr std::size_t kMostPixels = std::size_t{1} << 28;

}  // namespace

Picture decode_jpeg(std::span<const std::byte> bytes, const std::string& name, std::size_t at_least) {
  Decoder& decoder = decoder_of_thread();
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto size = static_cast<unsigned long>(bytes.size());
  int width = 0, height = 0, sampling = 0, colours = 0;
  if (bytes.size() < 4 || data[0] != 0xff || data[1] != 0xd8) {
    throw DataError(fmt::format("{}: {} bytes that do not start with ff d8, the mark of a JPEG file", name,
                                bytes.size()));
  }
  if (tjDecompressHeader3(decoder.get(), data, size, &width, &height, &sampling, &colours) != 0) {
    damaged(decoder, name, bytes.size());
  }
  if (width <= 0 || height <= 0 ||
      static_cast<std::size_t>(width) * static_cast<std::size_t>(height) > kMostPixels) {
    throw DataError(fmt::format("{}: {} x {} pixels; expected 1 to {}", name, width, height, kMostPixels));
  }
  tjscalingfactor scale{1, 1};
  for (const int part : {2, 4, 8}) {
    const tjscalingfactor smaller{1, part};
    if (at_least > 0 && TJSCALED(std::min(width, height), smaller) >= static_cast<int>(at_least))
      scale = smaller;
  }
  Picture picture;
  const int cols = TJSCALED(width, scale), rows = TJSCALED(height, scale);
  picture.rows = static_cast<std::size_t>(rows);
  picture.cols = static_cast<std::size_t>(cols);
  const bool print = colours == TJCS_CMYK || colours == TJCS_YCCK;
  picture.rgb.resize(picture.rows * picture.cols * (print ? 4 : 3));
  // The accurate transform: the same bits with and without SIMD.
  const int flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING;
  if (tjDecompress2(decoder.get(), data, size, picture.rgb.data(), cols, 0, rows,
                    print ? TJPF_CMYK : TJPF_RGB, flags) != 0) {
    damaged(decoder, name, bytes.size());
  }
  if (print) picture.rgb = of_print_colours(picture.rgb);
  return picture;
}

}  // namespace apical::io
