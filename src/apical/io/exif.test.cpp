// SPDX-License-Identifier: Apache-2.0
#include "apical/io/exif.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "apical/io/test_pictures.h"

namespace apical::io {
namespace {

/// An APP1 segment that tells how the camera was held, in either order of bytes.
Bytes exif_segment(int orientation, bool little = true) {
  std::vector<std::uint8_t> out{'E', 'x', 'i', 'f', 0, 0};
  const auto put = [&](std::uint32_t x, int length) {
    for (int i = 0; i < length; ++i)
      out.push_back(static_cast<std::uint8_t>(x >> 8 * (little ? i : length - 1 - i)));
  };
  out.insert(out.end(), 2, little ? 'I' : 'M');
  put(42, 2);
  put(8, 4);
  put(2, 2);  // entries: a maker's tag of no interest, and ours
  for (const std::uint32_t x : {271U, 3U}) put(x, 2);
  put(1, 4);
  put(7, 2);
  put(0, 2);
  for (const std::uint32_t x : {274U, 3U}) put(x, 2);
  put(1, 4);
  put(static_cast<std::uint32_t>(orientation), 2);
  put(0, 2);
  put(0, 4);
  Bytes bytes;
  for (const std::uint8_t b : out) bytes.push_back(std::byte{b});
  return bytes;
}

/// `jpeg` with the segment after its first two bytes.
Bytes with_segment(const Bytes& jpeg, const Bytes& segment) {
  Bytes out(jpeg.begin(), jpeg.begin() + 2);
  const std::size_t length = segment.size() + 2;
  for (const std::size_t b : {std::size_t{0xff}, std::size_t{0xe1}, length >> 8, length & 0xff})
    out.push_back(std::byte(b));
  out.insert(out.end(), segment.begin(), segment.end());
  out.insert(out.end(), jpeg.begin() + 2, jpeg.end());
  return out;
}

TEST(Exif, TellsTheOrientationInBothOrdersOfBytes) {
  for (int o = 1; o <= 8; ++o) {
    for (const bool little : {true, false}) EXPECT_EQ(exif_orientation(exif_segment(o, little)), o);
  }
  EXPECT_EQ(exif_orientation(exif_segment(0)), 1);
  EXPECT_EQ(exif_orientation(exif_segment(9)), 1);
  EXPECT_EQ(exif_orientation(bytes_of("http://ns.adobe.com/xap/1.0/")), 1);
}

RC_GTEST_PROP(Exif, OfAnyBytesGivesOneOfEight, ()) {
  Bytes bytes = exif_segment(6);
  const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size() + 1);
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[at] = std::byte{*rc::gen::arbitrary<std::uint8_t>()};
  bytes.resize(cut);
  const int o = exif_orientation(bytes);
  RC_ASSERT(o >= 1 && o <= 8);
}

/// Where the first row and the first column of the file are to be seen, for 1 to 8 (Exif 2.3, table 6).
TEST(Exif, TurnsThePictureAsTheStandardSays) {
  // The file: 2 rows, 3 columns, numbered 1 to 6.
  const std::vector<std::vector<int>> shown{{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                            {4, 5, 6, 1, 2, 3}, {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                            {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  Picture file{2, 3, {}};
  for (std::uint8_t i = 1; i <= 6; ++i) file.rgb.insert(file.rgb.end(), 3, i);
  for (int o = 1; o <= 8; ++o) {
    const Picture turned = upright(file, o);
    EXPECT_EQ(turned.rows, o >= 5 ? 3U : 2U);
    for (std::size_t k = 0; k < 6; ++k)
      EXPECT_EQ(turned.rgb[3 * k], shown[static_cast<std::size_t>(o - 1)][k]) << "orientation " << o;
  }
}

TEST(Jpeg, IsShownUpright) {
  Picture file = plain_picture(16, 24, 0, 0, 0);
  std::fill(file.rgb.begin(), file.rgb.begin() + 8 * 24 * 3, std::uint8_t{250});  // its upper half is white
  const Bytes plain = encode_jpeg(file);
  const Picture down = decode_jpeg(with_segment(plain, exif_segment(3)), "x.jpg");
  EXPECT_LT(down.rgb.front(), 20);
  EXPECT_GT(down.rgb.back(), 230);
  const Picture on_its_side = decode_jpeg(with_segment(plain, exif_segment(6)), "x.jpg");
  EXPECT_EQ(on_its_side.rows, 24U);
  EXPECT_EQ(on_its_side.cols, 16U);
  EXPECT_LT(on_its_side.rgb.front(), 20) << "the white half is on the right";
  EXPECT_EQ(decode_jpeg(with_segment(plain, exif_segment(1)), "x.jpg").rgb, decode_jpeg(plain, "x.jpg").rgb);
}

}  // namespace
}  // namespace apical::io
