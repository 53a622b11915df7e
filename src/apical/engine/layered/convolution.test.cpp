// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/convolution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "apical/engine/layered/product_count.h"
#include "apical/engine/layered/test_networks.h"

namespace apical::layered {
namespace {

using testing::HasSubstr;

/// Any convolution that fits its image.
Convolution any_convolution() {
  const auto between = [](std::size_t low, std::size_t high) { return *rc::gen::inRange(low, high + 1); };
  Convolution c;
  c.in = {between(1, 5), between(3, 9), between(3, 9)};
  c.channels = between(1, 6);
  c.kernel_height = between(1, 3);
  c.kernel_width = between(1, 3);
  c.stride = between(1, 3);
  c.padding = between(0, std::min(c.kernel_height, c.kernel_width) - 1);
  const ImageShape wide = c.convolved();
  c.pool = between(1, std::min({wide.height, wide.width, std::size_t{3}}));
  c.pool_stride = between(1, 3);
  return c;
}

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a.flat()[i] - b.flat()[i]));
  return largest;
}
double dot(const Matrix<double>& a, const Matrix<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a.flat()[i] * b.flat()[i];
  return sum;
}

struct Drawn {
  Convolution c = any_convolution();
  std::uint64_t seed = *rc::gen::inRange<std::uint64_t>(0, 1000);
  std::size_t rows = *rc::gen::inRange<std::size_t>(1, 40);
  Matrix<double> h = random_rows(rows, c.in.units(), seed), W = random_rows(c.channels, c.patch(), seed + 1),
                 v = random_rows(rows, c.out().units(), seed + 2);
};

RC_GTEST_PROP(Convolution, AveragingFirstIsConvolvingAndThenAveraging, ()) {
  const Drawn d;
  Matrix<double> a = random_rows(d.rows, d.c.out().units(), 5), want(a.rows(), a.cols());
  const auto b = random_rows(1, d.c.channels, d.seed + 3);
  const Matrix<double> before = a;
  reference::convolve<double>(d.c, d.h.view(), d.W.view(), want.view());
  convolve<double>(Workers(), d.c, d.h.view(), d.W.view(), b.flat(), a.view(), 0.5, -2);
  const std::size_t pixels = d.c.out().pixels();
  for (std::size_t n = 0; n < a.rows(); ++n) {
    for (std::size_t i = 0; i < a.cols(); ++i)
      want(n, i) = 0.5 * want(n, i) + b(0, i / pixels) - 2 * before(n, i);
  }
  RC_ASSERT(largest_difference(a, want) <= 1e-12);
}

RC_GTEST_PROP(Convolution, ErrorsGoBackThroughTheTranspose, ()) {
  const Drawn d;
  Matrix<double> Wh(d.rows, d.c.out().units()), back = random_rows(d.rows, d.c.in.units(), 5);
  const Matrix<double> before = back;
  convolve<double>(Workers(), d.c, d.h.view(), d.W.view(), {}, Wh.view(), 1, 0);
  convolve_back<double>(Workers(), d.c, d.v.view(), d.W.view(), back.view(), 0.5, -2);
  // <h, gain W^T v + keep before> = gain <W h, v> + keep <h, before>
  RC_ASSERT(std::abs(dot(d.h, back) - (0.5 * dot(Wh, d.v) - 2 * dot(d.h, before))) <= 1e-10);
}

RC_GTEST_PROP(Convolution, ChangesOfWeightsAreWhatTheirDriveIsLinearIn, ()) {
  const Drawn d;
  Matrix<double> Wh(d.rows, d.c.out().units()), dW = random_rows(d.c.channels, d.c.patch(), 5);
  const Matrix<double> before = dW;
  convolve<double>(Workers(), d.c, d.h.view(), d.W.view(), {}, Wh.view(), 1, 0);
  correlate_patches<double>(Workers(), d.c, d.v.view(), d.h.view(), 0.5, dW.view(), -2);
  // <W, sum v (patch of h)> = <W h, v>
  RC_ASSERT(std::abs(dot(d.W, dW) - (0.5 * dot(Wh, d.v) - 2 * dot(d.W, before))) <= 1e-10);
}

TEST(Convolution, BitsDoNotDependOnTheNumberOfThreads) {
  const Convolution c{.in = {3, 12, 12},
                      .channels = 10,
                      .kernel_height = 3,
                      .kernel_width = 3,
                      .padding = 1,
                      .pool = 2,
                      .pool_stride = 2};
  const auto h = random_rows<float>(60, c.in.units(), 1), W = random_rows<float>(c.channels, c.patch(), 2),
             v = random_rows<float>(60, c.out().units(), 3);
  Matrix<float> first_a, first_back, first_dW;
  for (const unsigned threads : {1U, 2U, 3U}) {
    ThreadPool pool(threads);
    Matrix<float> a(60, c.out().units()), back(60, c.in.units()), dW(c.channels, c.patch());
    convolve<float>(Workers(pool), c, h.view(), W.view(), {}, a.view(), 1, 0);
    convolve_back<float>(Workers(pool), c, v.view(), W.view(), back.view(), 1, 0);
    correlate_patches<float>(Workers(pool), c, v.view(), h.view(), 1, dW.view(), 0);
    if (threads == 1) first_a = a, first_back = back, first_dW = dW;
    EXPECT_EQ(a, first_a) << threads;
    EXPECT_EQ(back, first_back) << threads;
    EXPECT_EQ(dW, first_dW) << threads;
  }
}

TEST(Convolution, ProductsAreCountedOncePerPositionWhateverTheThreads) {
  const Convolution c{
      .in = {2, 8, 8}, .channels = 3, .kernel_height = 3, .kernel_width = 3, .pool = 2, .pool_stride = 2};
  const auto h = random_rows<float>(50, c.in.units(), 1), W = random_rows<float>(c.channels, c.patch(), 2);
  Matrix<float> a(50, c.out().units()), dW(c.channels, c.patch());
  ThreadPool pool(2);
  for (const Workers workers : {Workers(), Workers(pool)}) {
    ProductCount count;
    {
      const CountingProducts counting(count);
      convolve<float>(workers, c, h.view(), W.view(), {}, a.view(), 1, 0);
      correlate_patches<float>(workers, c, a.view(), h.view(), 1, dW.view(), 0);
    }
    EXPECT_EQ(count.transmitted, 50 * 9 * 3 * 18);
    EXPECT_EQ(count.correlated, 50 * 9 * 3 * 18);
  }
}

TEST(Convolution, ShapesFollowStridePaddingAndAveraging) {
  Convolution c{.in = {3, 32, 32}, .channels = 64, .kernel_height = 5, .kernel_width = 5, .stride = 2};
  EXPECT_EQ(c.out(), (ImageShape{64, 14, 14}));
  EXPECT_EQ(c.patch(), 75U);
  c.padding = 2;
  EXPECT_EQ(c.out(), (ImageShape{64, 16, 16}));
  c.pool = 3, c.pool_stride = 2;
  EXPECT_EQ(c.convolved(), (ImageShape{64, 16, 16}));
  EXPECT_EQ(c.out(), (ImageShape{64, 7, 7}));
  EXPECT_EQ(to_string(c.out()), "64x7x7");
}

TEST(Convolution, WhatDoesNotFitIsRefusedWithTheGeometryFound) {
  const auto complaint = [](Convolution c) -> std::string {
    try {
      c.out();
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "";
  };
  const Convolution fits{.in = {1, 3, 3}, .channels = 2, .kernel_height = 3, .kernel_width = 3};
  EXPECT_EQ(complaint(fits), "");
  const auto with = [&](auto&& change) {
    Convolution c = fits;
    change(c);
    return complaint(c);
  };
  EXPECT_THAT(with([](Convolution& c) { c.kernel_height = c.kernel_width = 5; }),
              HasSubstr("a 5x5 kernel does not fit a 3x3 image"));
  EXPECT_THAT(with([](Convolution& c) { c.kernel_height = c.kernel_width = 6, c.padding = 1; }),
              HasSubstr("a 3x3 image padded to 5x5"));
  EXPECT_THAT(with([](Convolution& c) { c.in.channels = 0; }), HasSubstr("reads an image, not 0x3x3"));
  EXPECT_THAT(with([](Convolution& c) { c.channels = 0; }), HasSubstr("at least one channel"));
  EXPECT_THAT(with([](Convolution& c) { c.kernel_width = 0; }), HasSubstr("kernel of at least 1x1"));
  EXPECT_THAT(with([](Convolution& c) { c.stride = 0; }),
              HasSubstr("stride of a convolution must be at least 1"));
  EXPECT_THAT(with([](Convolution& c) { c.padding = 3; }), HasSubstr("padding 3 with a 3x3 kernel"));
  EXPECT_THAT(with([](Convolution& c) { c.pool = 2; }),
              HasSubstr("an average over 2x2 does not fit the 1x1 result"));
  EXPECT_THAT(with([](Convolution& c) { c.pool_stride = 0; }),
              HasSubstr("a window and a stride of at least 1"));
}

}  // namespace
}  // namespace apical::layered
