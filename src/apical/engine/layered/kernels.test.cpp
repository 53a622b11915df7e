// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "apical/core/matrix.h"
#include "apical/core/random.h"

namespace apical::layered {
namespace {

template <class T>
class Kernels : public testing::Test {
 public:
  static constexpr double kUnits = std::numeric_limits<T>::epsilon();

  static AlignedBuffer<T> draw(std::size_t n, std::uint32_t object, double scale = 1) {
    AlignedBuffer<T> v(n);
    for (std::size_t i = 0; i < n; ++i)
      v[i] = static_cast<T>(scale * normal({2, Stream::task_input, object, i}));
    return v;
  }
  static void expect_near(std::span<const T> got, std::span<const T> want, double units, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      const double w = want[i];
      EXPECT_NEAR(got[i], w, units * kUnits * (std::abs(w) + 0.1)) << "element " << i << " of " << n;
    }
  }
};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(Kernels, Precisions);

TYPED_TEST(Kernels, MapsAgreeWithTheirScalarTwinsForEveryRemainder) {
  using T = TypeParam;
  using Map = std::function<void(std::span<const T>, std::span<T>)>;
  struct Case {
    const char* name;
    Map kernel, twin;
  };
  const T leak = static_cast<T>(0.1);
  const std::vector<Case> cases{
      {"sigmoid", &sigmoid_of<T>, &reference::sigmoid_of<T>},
      {"tanh", &tanh_of<T>, &reference::tanh_of<T>},
      {"clip", &clip_of<T>, &reference::clip_of<T>},
      {"leaky", [=](auto a, auto h) { leaky_relu_of<T>(leak, a, h); },
       [=](auto a, auto h) { reference::leaky_relu_of<T>(leak, a, h); }},
      {"sigmoid'", &times_sigmoid_derivative<T>, &reference::times_sigmoid_derivative<T>},
      {"tanh'", &times_tanh_derivative<T>, &reference::times_tanh_derivative<T>},
      {"leaky'", [=](auto a, auto h) { times_leaky_derivative<T>(leak, a, h); },
       [=](auto a, auto h) { reference::times_leaky_derivative<T>(leak, a, h); }},
      {"combination", [](auto a, auto h) { linear_combination<T>(T(0.3), a, T(0.7), h, h); },
       [](auto a, auto h) { reference::linear_combination<T>(T(0.3), a, T(0.7), h, h); }},
      {"clipped step", [](auto a, auto h) { clipped_step<T>(T(0.5), a, h); },
       [](auto a, auto h) { reference::clipped_step<T>(T(0.5), a, h); }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    for (std::size_t n : {0UL, 1UL, 7UL, 16UL, 33UL, 100UL}) {
      const auto a = this->draw(n, 1, 3);
      auto got = this->draw(n, 2), want = got;
      c.kernel(a, got);
      c.twin(a, want);
      this->expect_near(got, want, 20, n);
    }
  }
}

TYPED_TEST(Kernels, SigmoidAndTanhAreAccurateAndSaturateWithoutNaN) {
  using T = TypeParam;
  AlignedBuffer<T> a{-1000, -90, -20, -1, static_cast<T>(-1e-8), 0, static_cast<T>(1e-8), 1, 20, 90, 1000};
  AlignedBuffer<T> s(a.size()), t(a.size());
  sigmoid_of<T>(a, s);
  tanh_of<T>(a, t);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i];
    EXPECT_NEAR(s[i], 1 / (1 + std::exp(-x)), 4 * this->kUnits);
    EXPECT_NEAR(t[i], std::tanh(x), 4 * this->kUnits * std::max(std::abs(std::tanh(x)), 1e-300)) << x;
  }
}

TYPED_TEST(Kernels, UpdatesAgreeWithTheirScalarTwins) {
  using T = TypeParam;
  UpdateStep<T> step;
  step.eta = T(0.1), step.scale = T(0.5), step.coupled = T(0.01), step.keep = T(0.999),
  step.momentum = T(0.9);
  step.beta1 = T(0.9), step.beta2 = T(0.999), step.epsilon = T(1e-8), step.correct1 = T(2),
  step.correct2 = T(3);
  for (std::size_t n : {1UL, 15UL, 64UL, 77UL}) {
    const auto c = this->draw(n, 1);
    auto m1 = this->draw(n, 3), v1 = m1, w1 = this->draw(n, 2);
    for (T& x : v1) x *= x;
    auto m2 = m1, v2 = v1, w2 = w1;
    sgd_update<T>(step, c, w1);
    reference::sgd_update<T>(step, c, w2);
    momentum_update<T>(step, c, m1, w1);
    reference::momentum_update<T>(step, c, m2, w2);
    adam_update<T>(step, c, m1, v1, w1);
    reference::adam_update<T>(step, c, m2, v2, w2);
    this->expect_near(w1, w2, 50, n);
    this->expect_near(m1, m2, 50, n);
    this->expect_near(v1, v2, 50, n);
  }
}

TYPED_TEST(Kernels, BurstsAgreeWithTheirScalarTwins) {
  using T = TypeParam;
  for (std::size_t n : {1UL, 15UL, 64UL, 77UL}) {
    auto e = this->draw(n, 1);
    const auto r = this->draw(n, 2);
    for (std::size_t i = 0; i < n; ++i) e[i] = i % 5 == 0 ? T(0) : std::abs(e[i]) + T(0.1);
    const auto compare = [&](auto&& kernel, auto&& twin) {
      for (const double size : {1.0, 1e-6, 200.0}) {
        auto s1 = this->draw(n, 3), t1 = this->draw(n, 4);
        for (T& t : t1) t *= static_cast<T>(size);
        auto s2 = s1, t2 = t1;
        kernel(std::span<T>(s1), std::span<T>(t1));
        twin(std::span<T>(s2), std::span<T>(t2));
        this->expect_near(s1, s2, 50, n);
        for (auto* t : {&t1, &t2}) {
          for (T& x : *t) x /= static_cast<T>(std::min(size, 1.0));  // relative precision is what is promised
        }
        this->expect_near(t1, t2, 50, n);
      }
    };
    for (const std::span<const T> recurrent : {std::span<const T>(r), std::span<const T>()}) {
      compare([&](auto s, auto t) { logistic_bursts<T>(e, recurrent, s, t); },
              [&](auto s, auto t) { reference::logistic_bursts<T>(e, recurrent, s, t); });
    }
    compare([&](auto s, auto t) { relu_bursts<T>(e, s, t); },
            [&](auto s, auto t) { reference::relu_bursts<T>(e, s, t); });
  }
}

TYPED_TEST(Kernels, BurstsDifferByWhatTheTeacherAdds) {
  using T = TypeParam;
  const std::vector<T> e{T(0.3), T(0.3), T(0.9), T(0.5), T(0.2)};
  std::vector<T> s{T(0.4), T(-3), T(100), T(-60), T(200)}, teacher{T(0.7), T(5), T(-300), T(90), T(-400)};
  const auto s0 = s, t0 = teacher;
  logistic_bursts<T>(e, {}, s, teacher);
  for (std::size_t i = 0; i < e.size(); ++i) {
    const auto bursts = [&](double x) {
      return static_cast<double>(e[i]) / (1 + std::exp(-x * (1 - static_cast<double>(e[i]))));
    };
    const double x = static_cast<double>(s0[i]), y = x + static_cast<double>(t0[i]);
    EXPECT_NEAR(static_cast<double>(s[i]), bursts(x), 1e-6) << i;
    EXPECT_NEAR(static_cast<double>(teacher[i]), bursts(y) - bursts(x), 1e-6) << i;
  }
}

TYPED_TEST(Kernels, SaturatedDendritesKeepTheDigitsOfWhatTheTeacherAdds) {
  using T = TypeParam;
  const std::vector<T> changes{T(1e-6), T(-1e-3), T(0.5), T(-0.9), T(2), T(-4)};
  for (const double side : {-1.0, 1.0}) {
    for (const double u : {0.0, 5.0, 12.0, 20.0, 40.0}) {
      const std::vector<T> e(changes.size(), T(1));  // relu units with one event each: u = s, b = p
      std::vector<T> s(changes.size(), static_cast<T>(side * u)), teacher = changes;
      relu_bursts<T>(e, s, teacher);
      for (std::size_t i = 0; i < changes.size(); ++i) {
        // p^t - p = sinh(c/2) / (2 cosh(u/2) cosh((u + c)/2))
        const double gain = 1 / (1 + 1e-8), from = side * u * gain,
                     c = static_cast<double>(changes[i]) * gain;
        const double expected = std::sinh(c / 2) / (2 * std::cosh(from / 2) * std::cosh((from + c) / 2));
        EXPECT_NEAR(static_cast<double>(teacher[i]) / expected, 1, sizeof(T) == 4 ? 2e-5 : 1e-12)
            << from << " " << c;
      }
    }
  }
}

TYPED_TEST(Kernels, TransposingMovesEveryElementAndNothingElse) {
  using T = TypeParam;
  for (const std::size_t rows : {1UL, 3UL, 4UL, 9UL, 16UL}) {
    for (const std::size_t cols : {1UL, 2UL, 5UL, 8UL, 13UL}) {
      const std::size_t from_stride = cols + 3, to_stride = rows + 2;
      const auto from = this->draw(rows * from_stride, 1);
      auto got = this->draw(cols * to_stride, 2), want = got;
      transpose<T>(rows, cols, from.data(), from_stride, got.data(), to_stride);
      reference::transpose<T>(rows, cols, from.data(), from_stride, want.data(), to_stride);
      EXPECT_EQ(got, want) << rows << " x " << cols;
    }
  }
}

}  // namespace
}  // namespace apical::layered
