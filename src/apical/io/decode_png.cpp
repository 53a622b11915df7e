// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>

#include "apical/io/exif.h"
#include "apical/io/picture_room.h"
#include "apical/io/png.h"

namespace apical::io {
namespace {

/// A reader of one picture. Its functions return false where libpng gave up; nothing in them needs a
/// destructor, since libpng leaves by longjmp.
class PngReader {
 public:
  explicit PngReader(std::span<const std::byte> bytes) : left_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, give_up, say_nothing);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool read_header() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;  // NOLINT(cert-err52-cpp)
    png_set_read_fn(png_, this, hand_over);
    png_read_info(png_, info_);
    return true;
  }
  PictureSize size() const { return {png_get_image_height(png_, info_), png_get_image_width(png_, info_)}; }

  std::size_t bits_per_pixel() const {
    return std::size_t{png_get_bit_depth(png_, info_)} * png_get_channels(png_, info_);
  }

  /// Three bytes per pixel from here on.
  bool start() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;  // NOLINT(cert-err52-cpp)
    png_set_expand(png_);
    png_set_scale_16(png_);
    png_set_gray_to_rgb(png_);
    png_set_strip_alpha(png_);
    passes_ = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return png_get_rowbytes(png_, info_) == 3 * size().cols;
  }
  bool read_rows(std::uint8_t* out) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;  // NOLINT(cert-err52-cpp)
    const std::size_t rows = size().rows, stride = 3 * size().cols;
    for (int pass = 0; pass < passes_; ++pass) {
      for (std::size_t r = 0; r < rows; ++r) png_read_row(png_, out + r * stride, nullptr);
    }
    png_read_end(png_, info_);
    return true;
  }
  /// Once all is read, for it may stand behind the pixels.
  int orientation() {
    png_bytep exif = nullptr;
    png_uint_32 length = 0;
    if (png_get_eXIf_1(png_, info_, &length, &exif) == 0) return 1;
    Bytes segment;  // as JPEG files have it
    for (const char c : std::string_view("Exif\0\0", 6)) segment.push_back(static_cast<std::byte>(c));
    const auto* first = reinterpret_cast<const std::byte*>(exif);
    segment.insert(segment.end(), first, first + length);
    return exif_orientation(segment);
  }
  std::string reason() const { return reason_.data(); }

 private:
  [[noreturn]] static void give_up(png_structp png, png_const_charp message) {
    auto& self = *static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(self.reason_.data(), message, self.reason_.size() - 1);
    png_longjmp(png, 1);
  }
  static void say_nothing(png_structp, png_const_charp) {}
  static void hand_over(png_structp png, png_bytep to, png_size_t length) {
    auto& self = *static_cast<PngReader*>(png_get_io_ptr(png));
    if (length > self.left_.size()) png_error(png, "it ends before");
    std::memcpy(to, self.left_.data(), length);
    self.left_ = self.left_.subspan(length);
  }

  std::span<const std::byte> left_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
  std::array<char, 128> reason_{};
};

[[noreturn]] void damaged_png(const PngReader& reader, const std::string& name, std::size_t bytes) {
  throw DataError(fmt::format("{}: a PNG file that is damaged, or cut off after {} bytes ({})", name, bytes,
                              reader.reason()));
}

void open_png(PngReader& reader, std::span<const std::byte> bytes, const std::string& name) {
  if (!reader.read_header()) damaged_png(reader, name, bytes.size());
  require_sensible(reader.size(), name);
  // A byte unpacks to 1032 at the very most (deflate), each of eight pixels if they are black or white.
  require_room_for(reader.size(), bytes.size(), 1032 * 8 / reader.bits_per_pixel(), name);
}

}  // namespace

PictureSize png_size(std::span<const std::byte> bytes, const std::string& name) {
  PngReader reader(bytes);
  open_png(reader, bytes, name);
  return reader.size();
}

Picture decode_png(std::span<const std::byte> bytes, const std::string& name) {
  PngReader reader(bytes);
  open_png(reader, bytes, name);
  if (!reader.start()) damaged_png(reader, name, bytes.size());
  Picture picture{reader.size().rows, reader.size().cols, {}};
  picture.rgb.resize(picture.rows * picture.cols * 3);
  if (!reader.read_rows(picture.rgb.data())) damaged_png(reader, name, bytes.size());
  return upright(std::move(picture), reader.orientation());
}

}  // namespace apical::io
