// SPDX-License-Identifier: Apache-2.0
#include "apical/models/network_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apical::models {
namespace {

using layered::Activation;
using testing::AllOf;
using testing::HasSubstr;

layered::NetworkDescription read(const Entries& entries) {
  return network_of(entries, Activation::relu, Activation::softmax, layered::Loss::ce);
}

std::string complaint(const Entries& entries) {
  try {
    read(entries);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(NetworkText, ImagesConvolutionsAndUnitsMakeANetwork) {
  const auto n =
      read({"3x32x32", "conv 64 5x5 stride 2", " conv 128  5x3 pad 2 average 3 every 2 ", 1024.0, "10"});
  EXPECT_EQ(n.inputs, 3072U);
  ASSERT_EQ(n.depth(), 4U);
  EXPECT_EQ(*n.connection(0),
            (layered::Convolution{
                .in = {3, 32, 32}, .channels = 64, .kernel_height = 5, .kernel_width = 5, .stride = 2}));
  EXPECT_EQ(*n.connection(1), (layered::Convolution{.in = {64, 14, 14},
                                                    .channels = 128,
                                                    .kernel_height = 5,
                                                    .kernel_width = 3,
                                                    .padding = 2,
                                                    .pool = 3,
                                                    .pool_stride = 2}));
  EXPECT_FALSE(n.connection(2) || n.connection(3));
  EXPECT_EQ(n.layers[2].size, 1024U);
  EXPECT_EQ(n.layers[2].activation.kind, Activation::relu);
  EXPECT_EQ(n.layers[3].activation.kind, Activation::softmax);
  EXPECT_EQ(shapes_text(n), "3x32x32, 64x14x14, 128x6x7, 1024, 10");
}

TEST(NetworkText, AnAverageAloneDoesNotOverlapAndOneChannelNeedsNoMention) {
  const auto n = read({"28x28", "conv 8 5x5 average 2", 10.0});
  EXPECT_EQ(n.connection(0)->in, (layered::ImageShape{1, 28, 28}));
  EXPECT_EQ(n.connection(0)->pool_stride, 2U);
  EXPECT_EQ(n.layers[0].size, 8U * 12 * 12);
}

TEST(NetworkText, NumbersAreUnitsWrittenEitherWay) {
  const auto n = read({"784", 256.0, "10"});
  EXPECT_EQ(shapes_text(n), "784, 256, 10");
}

TEST(NetworkText, MistakesAreShownWhereTheyStand) {
  EXPECT_THAT(complaint({"3x32x32", "conv 64 5x5 strid 2", 10.0}),
              AllOf(HasSubstr("layers, entry 2 \"conv 64 5x5 strid 2\", column 13: unknown word 'strid'"),
                    HasSubstr("did you mean 'stride'?")));
  EXPECT_THAT(complaint({"3x32x32", "conv 64 5x5 maximum 2", 10.0}),
              HasSubstr("the form is \"conv CHANNELS"));
  EXPECT_THAT(complaint({"3x32x32", "conv many 5x5", 10.0}),
              HasSubstr("column 6: 'many' is not a number of channels of 1 or more"));
  EXPECT_THAT(complaint({"3x32x32", "conv 64 5x", 10.0}),
              HasSubstr("column 9: '5x' is not a kernel of height x width like 5x5"));
  EXPECT_THAT(complaint({"3x32x32", "conv 64 5", 10.0}), HasSubstr("column 9: a kernel has two sizes"));
  EXPECT_THAT(complaint({"3x32x32", "conv 64", 10.0}),
              HasSubstr("ends where a kernel of height x width like 5x5 should follow"));
  EXPECT_THAT(complaint({"3x32x32", "conv 64 5x5 stride 0", 10.0}),
              HasSubstr("column 20: '0' is not a stride of 1 or more"));
  EXPECT_THAT(complaint({"3x32x32", "cnv 64 5x5", 10.0}),
              AllOf(HasSubstr("column 1: is no layer"), HasSubstr("\"conv CHANNELS")));
  EXPECT_THAT(complaint({"3x32x32", "64 5x5", 10.0}), HasSubstr("nothing can follow a number of units"));
  EXPECT_THAT(complaint({"3x32x32x2", 10.0}), HasSubstr("an image has two or three sizes"));
  EXPECT_THAT(complaint({"an image", 10.0}),
              HasSubstr("'an' is not a number of inputs or an image like 3x32x32"));
  EXPECT_THAT(complaint({"3x32x32 conv", 10.0}), HasSubstr("the first entry is the input"));
  EXPECT_THAT(complaint({"", 10.0}), HasSubstr("ends where a number of inputs"));
}

TEST(NetworkText, WhatDoesNotFitIsShownWithTheShapesBelow) {
  EXPECT_THAT(complaint({"3x32x32", "conv 64 5x5 stride 2", "conv 128 5x5 stride 4", "conv 256 5x5", 10.0}),
              HasSubstr("layers, entry 4 \"conv 256 5x5\": a 5x5 kernel does not fit a 3x3 image (below: "
                        "3x32x32, 64x14x14, 128x3x3)"));
  EXPECT_THAT(complaint({"3x32x32", "conv 64 5x5 average 30", 10.0}),
              HasSubstr("an average over 30x30 does not fit the 28x28 result"));
  EXPECT_THAT(
      complaint({784.0, "conv 8 5x5", 10.0}),
      AllOf(HasSubstr("a convolution needs an image below it, but there are 784 units without a shape"),
            HasSubstr("e.g. \"1x28x28\"")));
  EXPECT_THAT(complaint({"28x28", 100.0, "conv 8 5x5", 10.0}),
              HasSubstr("100 units without a shape (1x28x28, 100)"));
}

}  // namespace
}  // namespace apical::models
