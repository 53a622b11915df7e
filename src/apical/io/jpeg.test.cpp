// SPDX-License-Identifier: Apache-2.0
#include "apical/io/jpeg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "apical/io/test_pictures.h"

namespace apical::io {
namespace {

using testing::HasSubstr;

std::string complaint(std::span<const std::byte> bytes) {
  try {
    decode_jpeg(bytes, "x.jpg");
  } catch (const DataError& e) {
    return e.what();
  }
  return "nothing was thrown";
}

TEST(Jpeg, ColoursAndSizeComeBackUpToTheLossOfTheFormat) {
  const Picture picture = decode_jpeg(encode_jpeg(plain_picture(5, 7, 200, 100, 20)), "x.jpg");
  EXPECT_EQ(picture.rows, 5U);
  EXPECT_EQ(picture.cols, 7U);
  ASSERT_EQ(picture.rgb.size(), 105U);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) {
    EXPECT_NEAR(picture.rgb[i], std::vector<int>({200, 100, 20})[i % 3], 3);
  }
}

TEST(Jpeg, AGreyPictureHasThreeEqualColours) {
  const Picture picture = decode_jpeg(encode_jpeg(plain_picture(8, 8, 90, 90, 90), 95, TJSAMP_GRAY), "x.jpg");
  EXPECT_EQ(picture.rgb, std::vector<std::uint8_t>(192, 90));
}

TEST(Jpeg, PrintColoursBecomeThoseOfTheScreen) {
  Picture print{8, 8, {}};
  for (int i = 0; i < 64; ++i)
    print.rgb.insert(print.rgb.end(), {255, 128, 0, 200});  // no cyan, some magenta, all yellow; some black
  const Picture picture = decode_jpeg(encode_jpeg(print, 95, TJSAMP_444, TJPF_CMYK), "x.jpg");
  ASSERT_EQ(picture.rgb.size(), 192U);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i)
    EXPECT_NEAR(picture.rgb[i], std::vector<int>({200, 100, 0})[i % 3], 4);
}

TEST(Jpeg, ASmallerPictureKeepsTheSideAskedFor) {
  const Bytes bytes = encode_jpeg(plain_picture(64, 100, 1, 2, 3));
  EXPECT_EQ(decode_jpeg(bytes, "x.jpg", 64).rows, 64U);
  EXPECT_EQ(decode_jpeg(bytes, "x.jpg", 33).rows, 64U);
  EXPECT_EQ(decode_jpeg(bytes, "x.jpg", 32).rows, 32U);
  const Picture small = decode_jpeg(bytes, "x.jpg", 8);
  EXPECT_EQ(small.rows, 8U);
  EXPECT_EQ(small.cols, 13U);
}

TEST(Jpeg, EveryCutIsNoticedAndNamed) {
  Picture busy = plain_picture(24, 24, 0, 0, 0);
  for (std::size_t i = 0; i < busy.rgb.size(); ++i) busy.rgb[i] = static_cast<std::uint8_t>(37 * i);
  const Bytes whole = encode_jpeg(busy);
  EXPECT_EQ(decode_jpeg(whole, "x.jpg").rows, 24U);
  for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
    EXPECT_THAT(complaint(std::span(whole).first(length)), HasSubstr("x.jpg: "))
        << length << " of " << whole.size();
    ASSERT_EQ(complaint(whole), "nothing was thrown") << "after a cut at " << length;
  }
  EXPECT_THAT(complaint(std::span(whole).first(whole.size() / 2)), HasSubstr("cut off"));
  EXPECT_THAT(complaint(bytes_of("GIF89a")), HasSubstr("do not start with ff d8"));
}

TEST(Jpeg, BytesThatMeanNothingBetweenTwoPartsAreNoDamage) {
  const Bytes plain = encode_jpeg(plain_picture(24, 24, 200, 90, 10));
  Bytes more(plain.begin(), plain.end() - 2);
  for (int b = 1; b < 40; ++b) more.push_back(std::byte(b));
  more.insert(more.end(), plain.end() - 2, plain.end());
  EXPECT_EQ(decode_jpeg(more, "x.jpg").rgb, decode_jpeg(plain, "x.jpg").rgb);
}

/// libjpeg-turbo's own wrapper, with the same accuracy.
TEST(Jpeg, HasTheBitsOfTheLibrarysOwnWrapper) {
  Picture busy = plain_picture(33, 50, 0, 0, 0);
  for (std::size_t i = 0; i < busy.rgb.size(); ++i)
    busy.rgb[i] = static_cast<std::uint8_t>(37 * i + i * i / 7);
  for (const int sampling : {TJSAMP_444, TJSAMP_420, TJSAMP_GRAY}) {
    const Bytes bytes = encode_jpeg(busy, 80, sampling);
    Bytes expected(busy.rgb.size());
    const tjhandle wrapper = tjInitDecompress();
    ASSERT_EQ(tjDecompress2(wrapper, reinterpret_cast<const unsigned char*>(bytes.data()),
                            static_cast<unsigned long>(bytes.size()),
                            reinterpret_cast<unsigned char*>(expected.data()), 50, 0, 33, TJPF_RGB,
                            TJFLAG_ACCURATEDCT),
              0);
    tjDestroy(wrapper);
    const Picture picture = decode_jpeg(bytes, "x.jpg");
    EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(picture.rgb)), expected)) << sampling;
  }
}

TEST(Jpeg, AHeaderThatClaimsMoreThanAnyPictureHasIsRefusedBeforeMemoryIsAskedFor) {
  Bytes bytes = encode_jpeg(plain_picture(8, 8, 1, 2, 3));
  // After the mark of a baseline frame, its length and its precision: rows and columns.
  for (std::size_t i = 0; i + 9 < bytes.size(); ++i) {
    if (bytes[i] != std::byte{0xff} || bytes[i + 1] != std::byte{0xc0}) continue;
    for (std::size_t k = 5; k < 9; ++k) bytes[i + k] = std::byte{0xf0};
    break;
  }
  EXPECT_THAT(complaint(bytes), HasSubstr("61680 x 61680 pixels; expected 1 to"));
}

}  // namespace
}  // namespace apical::io
