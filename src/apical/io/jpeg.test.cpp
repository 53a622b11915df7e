// SPDX-License-Identifier: Apache-2.0
#include "apical/io/jpeg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace apical::io
