// SPDX-License-Identifier: Apache-2.0
#include "apical/io/png.h"

#include <zlib.h>

#include <span>

#include "apical/core/error.h"

namespace apical::io {
namespace {

void append_u32(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(value >> shift & 0xFF));
}

void append_chunk(Bytes& out, std::string_view type, std::span<const std::byte> content) {
  append_u32(out, static_cast<std::uint32_t>(content.size()));
  const std::size_t checked = out.size();
  for (char c : type) out.push_back(static_cast<std::byte>(c));
  out.insert(out.end(), content.begin(), content.end());
  append_u32(out, static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(out.data() + checked),
                                                   static_cast<uInt>(out.size() - checked))));
}

}  // namespace

Bytes encode_png(const Matrix<std::uint8_t>& picture) {
  if (picture.rows() == 0 || picture.cols() == 0) throw DataError("a picture without pixels cannot be a PNG");
  Bytes raw;  // each row opens with its filter: 0, none
  for (std::size_t r = 0; r < picture.rows(); ++r) {
    raw.push_back(std::byte{0});
    for (std::uint8_t p : picture.row(r)) raw.push_back(static_cast<std::byte>(p));
  }
  Bytes packed(compressBound(raw.size()));
  uLongf length = packed.size();
  APICAL_CHECK(compress2(reinterpret_cast<Bytef*>(packed.data()), &length,
                         reinterpret_cast<const Bytef*>(raw.data()), raw.size(), 9) == Z_OK);
  packed.resize(length);

  Bytes header;
  append_u32(header, static_cast<std::uint32_t>(picture.cols()));
  append_u32(header, static_cast<std::uint32_t>(picture.rows()));
  for (int field : {8, 0, 0, 0, 0})
    header.push_back(static_cast<std::byte>(field));  // 8 bits of grey, deflate, filters, not interlaced
  Bytes out;
  for (char c : std::string_view("\x89PNG\r\n\x1A\n")) out.push_back(static_cast<std::byte>(c));
  append_chunk(out, "IHDR", header);
  append_chunk(out, "IDAT", packed);
  append_chunk(out, "IEND", {});
  return out;
}

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k)
      word = word << 8 | (k < n ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) out += k <= n ? letters[word >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

}  // namespace apical::io
