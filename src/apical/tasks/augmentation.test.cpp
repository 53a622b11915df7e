// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/augmentation.h"

#include <gtest/gtest.h>

#include <array>
#include <map>

#include "apical/tasks/dataset.h"

namespace apical {
namespace {

const ImageShape kSmall{2, 3, 4};
using Bytes = std::vector<std::uint8_t>;

Bytes counting() {
  Bytes bytes(kSmall.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i + 1);
  return bytes;
}

Bytes cut(std::size_t pad, const Window& window) {
  Bytes out(kSmall.size());
  cut_out(counting(), 3, 4, pad, window, kSmall, out);
  return out;
}

TEST(Augmentation, TheWindowIsCutOutOfThePaddedPicture) {
  EXPECT_EQ(cut(0, {}), counting());
  EXPECT_EQ(cut(2, {2, 2, false}), counting());
  EXPECT_EQ(cut(1, {0, 0, false}),
            (Bytes{0, 0, 0, 0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 0, 0, 0, 0, 13, 14, 15, 0, 17, 18, 19}));
  EXPECT_EQ(cut(1, {2, 2, false}),
            (Bytes{6, 7, 8, 0, 10, 11, 12, 0, 0, 0, 0, 0, 18, 19, 20, 0, 22, 23, 24, 0, 0, 0, 0, 0}));
  EXPECT_EQ(cut(0, {0, 0, true}),
            (Bytes{4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9, 16, 15, 14, 13, 20, 19, 18, 17, 24, 23, 22, 21}));
}

TEST(Augmentation, EveryPlaceIsEquallyLikely) {
  const Augmentation augmentation{.crop = true, .flip = true, .pad = 1};
  std::map<std::array<std::size_t, 3>, double> found;
  constexpr std::uint32_t kDraws = 18'000;
  for (std::uint32_t sample = 0; sample < kDraws; ++sample) {
    const Window w = window_of(augmentation, 3, 4, kSmall, {5, 7}, sample);
    found[{w.top, w.left, w.flip ? 1U : 0U}] += 1;
  }
  ASSERT_EQ(found.size(), 18U);
  double chi2 = 0;
  for (const auto& [place, count] : found)
    chi2 += (count - kDraws / 18.0) * (count - kDraws / 18.0) / (kDraws / 18.0);
  EXPECT_LT(chi2, 17 + 5 * 5.83);  // 17 degrees of freedom, five standard deviations
}

TEST(Augmentation, SeedEpochAndSampleEachMakeADifference) {
  const Augmentation augmentation{.crop = true, .flip = true, .pad = 1000};
  const auto top = [&](std::uint64_t seed, std::uint64_t epoch, std::uint32_t sample) {
    return window_of(augmentation, 3, 4, kSmall, {seed, epoch}, sample).top;
  };
  EXPECT_EQ(top(1, 2, 3), top(1, 2, 3));
  EXPECT_NE(top(1, 2, 3), top(2, 2, 3));
  EXPECT_NE(top(1, 2, 3), top(1, 3, 3));
  EXPECT_NE(top(1, 2, 3), top(1, 2, 4));
}

TEST(Augmentation, TrainingShowsIt_EvaluationDoesNot) {
  PixelMatrix pixels;
  pixels.bytes = counting();
  pixels.features = kSmall.size();
  pixels.rows = kSmall.rows;
  pixels.scale = PixelScale::standard({0.5, 0.25}, {1, 1});
  Split split;
  split.inputs = Inputs(pixels);
  std::vector<double> plain(24), shown(24);
  split.read_input(0, std::span<double>(plain));
  split.read_shown(0, {1, 1}, std::span<double>(shown));
  EXPECT_EQ(plain, shown);
  split.augmentation = {.crop = true, .flip = false, .pad = 1};
  bool differs = false, black = false;
  for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
    split.read_shown(0, {1, epoch}, std::span<double>(shown));
    const Window w = window_of(split.augmentation, 3, 4, kSmall, {1, epoch}, 0);
    differs = differs || shown != plain;
    // Black, not the mean, surrounds the picture, whatever the normalisation.
    if (w.top == 0) black = shown[0] == -0.5 && shown[12] == -0.25;
    EXPECT_TRUE(w.top != 0 || black);
    if (w.top == 1 && w.left == 1) {
      EXPECT_EQ(shown, plain);
    }
  }
  EXPECT_TRUE(differs);
  EXPECT_TRUE(black);
}

}  // namespace
}  // namespace apical
