// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/dataset.h"

#include <gtest/gtest.h>

namespace apical {
namespace {

TEST(Dataset, NumbersAreReadInBothPrecisions) {
  Matrix<double> values(2, 3);
  for (std::size_t i = 0; i < 6; ++i) values.flat()[i] = 0.1 * static_cast<double>(i);
  const Inputs inputs(values);
  EXPECT_EQ(inputs.samples(), 2U);
  EXPECT_EQ(inputs.features(), 3U);
  std::vector<double> exact(3);
  std::vector<float> rounded(3);
  inputs.read(1, std::span<double>(exact));
  inputs.read(1, std::span<float>(rounded));
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(exact[k], values(1, k));
    EXPECT_EQ(rounded[k], static_cast<float>(values(1, k)));
  }
}

TEST(Dataset, PixelsAreExactlyTheirByteOver255) {
  PixelMatrix pixels;
  for (unsigned x = 0; x < 256; ++x) pixels.bytes.push_back(static_cast<std::uint8_t>(x));
  pixels.features = 64;
  pixels.scale = PixelScale::unit(1);
  const Inputs inputs(pixels);
  EXPECT_EQ(inputs.samples(), 4U);
  std::vector<double> row(64);
  for (std::size_t sample = 0; sample < 4; ++sample) {
    inputs.read(sample, std::span<double>(row));
    for (std::size_t k = 0; k < 64; ++k) EXPECT_EQ(row[k], static_cast<double>(64 * sample + k) / 255.0);
  }
}

TEST(Dataset, EachColourHasItsOwnMeanAndDeviation) {
  PixelMatrix pixels;
  pixels.bytes = {255, 0, 255, 0};
  pixels.features = 4;
  pixels.scale = PixelScale::standard({0.5, 0.25}, {0.5, 0.125});
  std::vector<float> row(4);
  Inputs(pixels).read(0, std::span<float>(row));
  EXPECT_EQ(row, (std::vector<float>{1, -1, 6, -2}));
}

TEST(Dataset, SamplesFromElsewhereAreScaledAsItsOwnAreRead) {
  PixelMatrix pixels;
  for (unsigned x = 0; x < 256; ++x) pixels.bytes.push_back(static_cast<std::uint8_t>(x));
  pixels.features = 128;
  pixels.scale = PixelScale::standard({0.13, 0.4}, {0.31, 0.7});
  const Inputs images(pixels);
  Matrix<double> bytes(2, 128);
  for (std::size_t i = 0; i < 256; ++i) bytes.flat()[i] = static_cast<double>(i);
  const Matrix<double> seen = images.scaled(bytes);
  std::vector<double> row(128);
  for (std::size_t k = 0; k < 2; ++k) {
    images.read(k, std::span<double>(row));
    for (std::size_t i = 0; i < 128; ++i) EXPECT_EQ(seen(k, i), row[i]) << k << ", " << i;
  }
  Matrix<double> between(1, 128);
  for (double& x : between.flat()) x = 100.5;
  EXPECT_NEAR(images.scaled(between)(0, 0), (100.5 / 255 - 0.13) / 0.31, 1e-12);
  EXPECT_NEAR(images.scaled(between)(0, 64), (100.5 / 255 - 0.4) / 0.7, 1e-12);

  const Inputs numbers(SharedRows{.values = io::array_of<float>({3, 2}, {1, 2, 3, 4, 5, 6}),
                                  .features = 2,
                                  .rows = {2, 0},
                                  .shift = {3, 4},
                                  .divisor = {2, 0.5}});
  EXPECT_EQ(numbers.origin_of(0), std::size_t{2});
  EXPECT_EQ(numbers.origin_of(1), std::size_t{0});
  EXPECT_FALSE(images.origin_of(1).has_value());
  Matrix<double> own(1, 2);
  own(0, 0) = 5, own(0, 1) = 6;
  std::vector<double> read(2);
  numbers.read(0, std::span<double>(read));
  EXPECT_EQ(numbers.scaled(own)(0, 0), read[0]);
  EXPECT_EQ(numbers.scaled(own)(0, 1), read[1]);
  EXPECT_THROW(numbers.scaled(Matrix<double>(1, 3)), std::logic_error);
}

TEST(Dataset, ReadingPastTheEndOrIntoAWrongBufferIsRefused) {
  const Inputs inputs(Matrix<double>(2, 3));
  std::vector<double> right(3), wrong(4);
  EXPECT_THROW(inputs.read(2, std::span<double>(right)), std::logic_error);
  EXPECT_THROW(inputs.read(0, std::span<double>(wrong)), std::logic_error);
}

TEST(Dataset, SequenceHoldsEachValueUntilTheNextChangePoint) {
  InputSequence course{{0, 2, 3}, Matrix<double>(2, 1)};
  course.values(1, 0) = 7;
  EXPECT_EQ(course.steps(), 3U);
  EXPECT_EQ(course.at(0)[0], 0);
  EXPECT_EQ(course.at(1)[0], 0);
  EXPECT_EQ(course.at(2)[0], 7);
  EXPECT_THROW(course.at(3), std::logic_error);
}

TEST(Dataset, DecisionsFollowTheReadout) {
  Dataset data;
  data.readout = Readout::largest_output;
  EXPECT_EQ(data.decide(std::vector<double>{0.1, 0.9, 0.9}), 1);
  EXPECT_EQ(data.decide(std::vector<float>{3, -1}), 0);
  data.readout = Readout::sign;
  data.threshold = 0.5;
  EXPECT_EQ(data.decide(std::vector<double>{0.6}), 1);
  EXPECT_EQ(data.decide(std::vector<double>{0.5}), 0);
  data.readout = Readout::regression;
  EXPECT_EQ(data.decide(std::vector<double>{0.6}), -1);
}

}  // namespace
}  // namespace apical
