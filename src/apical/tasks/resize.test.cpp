// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/resize.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "apical/io/test_pictures.h"

namespace apical {
namespace {

io::Picture grey(std::size_t rows, std::size_t cols, const std::vector<std::uint8_t>& values) {
  io::Picture picture{rows, cols, {}};
  for (const std::uint8_t v : values) picture.rgb.insert(picture.rgb.end(), 3, v);
  return picture;
}

std::vector<std::uint8_t> red(const io::Picture& picture) {
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i < picture.rgb.size(); i += 3) out.push_back(picture.rgb[i]);
  return out;
}

TEST(Resize, OneColourStaysOneColour) {
  for (const std::size_t size : {1U, 3U, 16U, 31U, 50U}) {
    const io::Picture picture = resized(io::plain_picture(17, 23, 255, 7, 0), {size, size + 1});
    EXPECT_EQ(picture.rgb, io::plain_picture(size, size + 1, 255, 7, 0).rgb) << size;
  }
}

TEST(Resize, TheSameSizeIsTheSamePicture) {
  const io::Picture picture = grey(2, 2, {1, 2, 3, 4});
  EXPECT_EQ(resized(picture, {2, 2}).rgb, picture.rgb);
}

// By hand: new centres at 1 and 3 of old ones at 0.5, 1.5, 2.5, 3.5; triangle of half width 2; 1/4, 1/4, 3/4,
// 3/4 before norming.
TEST(Resize, ShrinkingWeighsByATriangle) {
  EXPECT_EQ(red(resized(grey(1, 4, {0, 0, 0, 240}), {1, 2})), (std::vector<std::uint8_t>{0, 103}));
  EXPECT_EQ(red(resized(grey(4, 1, {70, 0, 0, 0}), {2, 1})), (std::vector<std::uint8_t>{30, 0}));
}

TEST(Resize, GrowingIsBilinear) {
  EXPECT_EQ(red(resized(grey(1, 2, {0, 100}), {1, 4})), (std::vector<std::uint8_t>{0, 25, 75, 100}));
}

TEST(Resize, ProportionsAreKept) {
  EXPECT_EQ(with_shorter_side({20, 50}, 10), (Size{10, 25}));
  EXPECT_EQ(with_shorter_side({7, 3}, 5), (Size{12, 5}));
  EXPECT_EQ(with_shorter_side({1, 65000}, 128), (Size{128, 8320000}));
}

RC_GTEST_PROP(Resize, APartIsThatPartOfTheWhole, ()) {
  const auto upto = [](std::size_t most) { return *rc::gen::inRange<std::size_t>(1, most + 1); };
  io::Picture picture{upto(12), upto(12), {}};
  for (std::size_t i = 0; i < picture.rows * picture.cols * 3; ++i)
    picture.rgb.push_back(*rc::gen::arbitrary<std::uint8_t>());
  const Size size{upto(20), upto(20)}, part{upto(size.rows), upto(size.cols)};
  const std::size_t top = *rc::gen::inRange<std::size_t>(0, size.rows - part.rows + 1),
                    left = *rc::gen::inRange<std::size_t>(0, size.cols - part.cols + 1);
  const io::Picture whole = resized(picture, size), seen = resized_part(picture, size, top, left, part);
  RC_ASSERT(seen.rows == part.rows && seen.cols == part.cols);
  for (std::size_t i = 0; i < part.rows; ++i) {
    for (std::size_t j = 0; j < part.cols * 3; ++j)
      RC_ASSERT(seen.rgb[i * part.cols * 3 + j] == whole.rgb[((top + i) * size.cols + left) * 3 + j]);
  }
}

}  // namespace
}  // namespace apical
