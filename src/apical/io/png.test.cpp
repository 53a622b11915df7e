// SPDX-License-Identifier: Apache-2.0
#include "apical/io/png.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "apical/core/error.h"

namespace apical::io {
namespace {

std::string text(std::string_view s) { return base64(std::as_bytes(std::span(s))); }

TEST(Base64, GivesTheVectorsOfRfc4648) {
  EXPECT_EQ(text(""), "");
  EXPECT_EQ(text("f"), "Zg==");
  EXPECT_EQ(text("fo"), "Zm8=");
  EXPECT_EQ(text("foo"), "Zm9v");
  EXPECT_EQ(text("foob"), "Zm9vYg==");
  EXPECT_EQ(text("fooba"), "Zm9vYmE=");
  EXPECT_EQ(text("foobar"), "Zm9vYmFy");
}

std::uint32_t u32(const Bytes& b, std::size_t at) {
  std::uint32_t v = 0;
  for (std::size_t i = 0; i < 4; ++i) v = v << 8 | std::to_integer<std::uint32_t>(b[at + i]);
  return v;
}

TEST(Png, HoldsSizeChecksumsAndPixels) {
  Matrix<std::uint8_t> m(2, 3);
  for (std::size_t i = 0; i < 6; ++i) m.flat()[i] = static_cast<std::uint8_t>(40 * i);
  const Bytes png = encode_png(m);
  EXPECT_EQ(std::to_integer<int>(png[0]), 0x89);
  std::size_t at = 8;
  std::string types;
  std::vector<Bytef> pixels(8);
  while (at < png.size()) {
    const std::size_t length = u32(png, at);
    const std::string type(reinterpret_cast<const char*>(&png[at + 4]), 4);
    EXPECT_EQ(u32(png, at + 8 + length),
              crc32(0, reinterpret_cast<const Bytef*>(&png[at + 4]), static_cast<uInt>(length + 4)))
        << type;
    if (type == "IHDR") {
      EXPECT_EQ(u32(png, at + 8), 3U);
      EXPECT_EQ(u32(png, at + 12), 2U);
    }
    if (type == "IDAT") {
      uLongf size = pixels.size();
      ASSERT_EQ(uncompress(pixels.data(), &size, reinterpret_cast<const Bytef*>(&png[at + 8]), length), Z_OK);
      EXPECT_EQ(size, 8U);
    }
    types += type;
    at += 12 + length;
  }
  EXPECT_EQ(types, "IHDRIDATIEND");
  EXPECT_EQ(pixels, (std::vector<Bytef>{0, 0, 40, 80, 0, 120, 160, 200}));
}

TEST(Png, RefusesAnEmptyPicture) { EXPECT_THROW(encode_png(Matrix<std::uint8_t>(0, 3)), DataError); }

}  // namespace
}  // namespace apical::io
