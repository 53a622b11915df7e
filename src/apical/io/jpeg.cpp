// SPDX-License-Identifier: Apache-2.0
#include "apical/io/jpeg.h"

#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h takes it for granted

#include "apical/io/exif.h"
#include "apical/io/picture_room.h"

namespace apical::io {
namespace {

/// What libjpeg says on its way; after `jump` nothing but this is to be looked at.
struct Messages {
  jpeg_error_mgr base;
  std::jmp_buf jump;
  std::array<char, JMSG_LENGTH_MAX> text;
};

Messages& messages_of(j_common_ptr codec) { return *reinterpret_cast<Messages*>(codec->err); }

[[noreturn]] void give_up(j_common_ptr codec) {
  Messages& m = messages_of(codec);
  (*codec->err->format_message)(codec, m.text.data());
  std::longjmp(m.jump, 1);
}

/// Warnings of pictures that are whole: bytes between two parts, and remarks about who wrote the file.
bool is_harmless(int code) {
  return code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM;
}

void hear(j_common_ptr codec, int level) {
  if (level < 0 && !is_harmless(codec->err->msg_code)) give_up(codec);
}

void say_nothing(j_common_ptr) {}

/// A decoder of one picture. Its functions return false where libjpeg gave up; nothing in them needs a
/// destructor, since libjpeg leaves by longjmp.
class Decoder {
 public:
  Decoder() {
    codec_.err = jpeg_std_error(&messages_.base);
    messages_.base.error_exit = give_up;
    messages_.base.emit_message = hear;
    messages_.base.output_message = say_nothing;
  }
  ~Decoder() { jpeg_destroy_decompress(&codec_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  bool read_header(std::span<const std::byte> bytes) {
    if (setjmp(messages_.jump) != 0) return false;  // NOLINT(cert-err52-cpp)
    jpeg_create_decompress(&codec_);
    jpeg_save_markers(&codec_, kApp1, 0xFFFF);
    jpeg_mem_src(&codec_, reinterpret_cast<const unsigned char*>(bytes.data()),
                 static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&codec_, TRUE);
    return true;
  }

  std::size_t width() const { return codec_.image_width; }
  std::size_t height() const { return codec_.image_height; }
  bool is_arithmetic() const { return codec_.arith_code != FALSE; }
  bool of_print() const { return codec_.jpeg_color_space == JCS_CMYK || codec_.jpeg_color_space == JCS_YCCK; }
  int orientation() const {
    for (const jpeg_marker_struct* m = codec_.marker_list; m != nullptr; m = m->next) {
      const auto* data = reinterpret_cast<const std::byte*>(m->data);
      const int told = m->marker == kApp1 ? exif_orientation({data, m->data_length}) : 1;
      if (told != 1) return told;
    }
    return 1;
  }

  /// `out` is made by the caller from output_rows() and so on after start().
  bool start(unsigned part) {
    if (setjmp(messages_.jump) != 0) return false;  // NOLINT(cert-err52-cpp)
    codec_.scale_num = 1;
    codec_.scale_denom = part;
    codec_.out_color_space = of_print() ? JCS_CMYK : JCS_RGB;
    codec_.dct_method = JDCT_ISLOW;  // the accurate transform: the same bits with and without SIMD
    jpeg_start_decompress(&codec_);
    return true;
  }
  std::size_t output_rows() const { return codec_.output_height; }
  std::size_t output_cols() const { return codec_.output_width; }
  bool read_rows(std::uint8_t* out, std::size_t stride) {
    if (setjmp(messages_.jump) != 0) return false;  // NOLINT(cert-err52-cpp)
    while (codec_.output_scanline < codec_.output_height) {
      JSAMPROW row = out + codec_.output_scanline * stride;
      jpeg_read_scanlines(&codec_, &row, 1);
    }
    jpeg_finish_decompress(&codec_);
    return true;
  }

  std::string reason() const { return messages_.text.data(); }

 private:
  static constexpr int kApp1 = JPEG_APP0 + 1;
  jpeg_decompress_struct codec_{};
  Messages messages_{};
};

[[noreturn]] void damaged(const Decoder& decoder, const std::string& name, std::size_t bytes) {
  throw DataError(fmt::format("{}: a JPEG file that is damaged, or cut off after {} bytes ({})", name, bytes,
                              decoder.reason()));
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

/// Up to its first lines, which tell its size.
void open_jpeg(Decoder& decoder, std::span<const std::byte> bytes, const std::string& name) {
  if (bytes.size() < 4 || bytes[0] != std::byte{0xff} || bytes[1] != std::byte{0xd8}) {
    throw DataError(fmt::format("{}: {} bytes that do not start with ff d8, the mark of a JPEG file", name,
                                bytes.size()));
  }
  if (!decoder.read_header(bytes)) damaged(decoder, name, bytes.size());
  require_sensible({decoder.height(), decoder.width()}, name);
  // Every block of 8 x 8 pixels takes one bit or more; only the arithmetic code, which nobody uses, may do
  // with less.
  constexpr std::size_t kPixelsPerByte = 8 * 64;
  if (!decoder.is_arithmetic())
    require_room_for({decoder.height(), decoder.width()}, bytes.size(), kPixelsPerByte, name);
}

}  // namespace

PictureSize jpeg_size(std::span<const std::byte> bytes, const std::string& name) {
  Decoder decoder;
  open_jpeg(decoder, bytes, name);
  return {decoder.height(), decoder.width()};
}

Picture decode_jpeg(std::span<const std::byte> bytes, const std::string& name, std::size_t at_least) {
  Decoder decoder;
  open_jpeg(decoder, bytes, name);
  const std::size_t width = decoder.width(), height = decoder.height();
  unsigned part = 1;
  for (const unsigned smaller : {2U, 4U, 8U}) {
    if (at_least > 0 && (std::min(width, height) + smaller - 1) / smaller >= at_least) part = smaller;
  }
  if (!decoder.start(part)) damaged(decoder, name, bytes.size());
  const int orientation = decoder.orientation();  // forgotten once the picture is read
  Picture picture{decoder.output_rows(), decoder.output_cols(), {}};
  const std::size_t stride = picture.cols * (decoder.of_print() ? 4 : 3);
  picture.rgb.resize(picture.rows * stride);
  if (!decoder.read_rows(picture.rgb.data(), stride)) damaged(decoder, name, bytes.size());
  if (decoder.of_print()) picture.rgb = of_print_colours(picture.rgb);
  return upright(std::move(picture), orientation);
}

}  // namespace apical::io
