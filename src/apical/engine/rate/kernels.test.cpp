// SPDX-License-Identifier: Apache-2.0
// Every kernel against its scalar twin, bit for bit, on every instruction set with fused multiply-add; the
// activation functions against long double, and their bits against a constant that all compilers must meet.
#include "apical/engine/rate/kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "apical/core/error.h"
#include "apical/core/matrix.h"
#include "apical/core/random.h"
#include "apical/engine/rate/kernels_reference.h"

namespace apical::rate {
namespace {

std::vector<std::size_t> sizes() {
  std::vector<std::size_t> n;
  for (std::size_t i = 1; i <= 70; ++i) n.push_back(i);
  n.insert(n.end(), {119, 120, 1000});
  return n;
}

/// On these, MulAdd rounds once, as std::fma does.
std::vector<std::string> fused_targets() {
  std::vector<std::string> names;
  for (const std::string& name : available_targets()) {
    if (name == "AVX2" || name.starts_with("AVX3")) names.push_back(name);
  }
  return names;
}

/// Runs `f` with each target and puts the best one back.
template <class F>
void on_fused_targets(const F& f) {
  if (fused_targets().empty()) GTEST_SKIP() << "this processor has no fused multiply-add";
  for (const std::string& name : fused_targets()) {
    force_target(name);
    SCOPED_TRACE(name);
    f();
  }
  force_target("");
}

/// Ordinary numbers with denormals, zeros of both signs and large ones among them.
template <class Real>
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : seed_(seed) {}
  Real next() {
    const std::uint64_t k = index_++;
    const double u = uniform({seed_, Stream::task_input, 1, k}, -1, 1);
    switch (uniform_integer({seed_, Stream::task_input, 2, k}, 24)) {
      case 0:
        return std::numeric_limits<Real>::denorm_min() * static_cast<Real>(std::round(u * 1000));
      case 1:
        return u < 0 ? -Real(0) : Real(0);
      case 2:
        return static_cast<Real>(u * 1e6);
      default:
        return static_cast<Real>(u);
    }
  }
  /// `n` numbers followed by zeros up to a whole block.
  AlignedBuffer<Real> vector(std::size_t n) {
    AlignedBuffer<Real> v(round_up_block(n), Real(0));
    for (std::size_t i = 0; i < n; ++i) v[i] = next();
    return v;
  }
  AlignedBuffer<Real> matrix(std::size_t rows, std::size_t cols, std::size_t stride) {
    AlignedBuffer<Real> m(rows * stride, Real(0));
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < cols; ++c) m[r * stride + c] = next();
    }
    return m;
  }

 private:
  std::uint64_t seed_, index_ = 0;
};

template <class Real>
::testing::AssertionResult same_bits(const AlignedBuffer<Real>& a, const AlignedBuffer<Real>& b) {
  using Bits = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;  // payloads are nobody's promise
    if (std::bit_cast<Bits>(a[i]) != std::bit_cast<Bits>(b[i])) {
      return ::testing::AssertionFailure() << "element " << i << ": " << a[i] << " and " << b[i];
    }
  }
  return ::testing::AssertionSuccess();
}

template <class Real>
class RateKernels : public ::testing::Test {};
using Reals = ::testing::Types<float, double>;
TYPED_TEST_SUITE(RateKernels, Reals);

// ---- sweeps ----------------------------------------------------------------------------------------------

struct SweepShape {
  std::size_t outer, inner, lanes;
  bool axpy, dot, forward_is_dot, axpy_overwrites, dot_overwrites, update, store, deviation, scaled;
};

template <class Real>
void expect_sweep_like_its_twin(const SweepShape& s, std::uint64_t seed) {
  Numbers<Real> numbers(seed);
  const std::size_t stride = s.lanes > 1 ? s.inner : round_up_block(s.inner);
  const auto vector = [&](std::size_t n) { return numbers.vector(n * s.lanes); };
  const auto weights = s.lanes > 1 ? vector(s.outer * s.inner) : numbers.matrix(s.outer, s.inner, stride);
  const auto deviation = s.lanes > 1 ? vector(s.outer * s.inner) : numbers.matrix(s.outer, s.inner, stride);
  const auto axpy_in = vector(s.outer), dot_in = vector(s.inner), outer_update = vector(s.outer),
             inner_update = vector(s.inner);
  const auto axpy_out = vector(s.inner), dot_out = vector(s.outer);
  struct Outcome {
    AlignedBuffer<Real> weights, axpy, dot;
  };
  const auto run = [&](void (*kernel)(const SweepArgs<Real>&)) {
    Outcome o{weights, axpy_out, dot_out};
    SweepArgs<Real> a;
    a.weights = o.weights.data();
    a.outer = s.outer;
    a.inner = s.inner;
    a.stride = stride;
    a.forward_is_dot = s.forward_is_dot;
    if (s.axpy) {
      a.axpy_in = axpy_in.data();
      a.axpy_out = o.axpy.data();
      a.axpy_overwrites = s.axpy_overwrites;
    }
    if (s.dot) {
      a.dot_in = dot_in.data();
      a.dot_out = o.dot.data();
      a.dot_overwrites = s.dot_overwrites;
    }
    if (s.update) {
      a.outer_update = outer_update.data();
      a.inner_update = inner_update.data();
      a.update_scale = Real(0.01);
      a.store = s.store;
    }
    if (s.deviation) a.deviation = deviation.data();
    if (s.scaled) a.view_scale = Real(-0.7);
    kernel(a);
    return o;
  };
  const Outcome expected = run(s.lanes > 1 ? reference::lane_sweep<Real> : reference::sweep<Real>);
  const Outcome found = run(s.lanes > 1 ? kernels<Real>().lane_sweep : kernels<Real>().sweep);
  EXPECT_TRUE(same_bits(found.weights, expected.weights)) << "weights, " << s.outer << " x " << s.inner;
  EXPECT_TRUE(same_bits(found.axpy, expected.axpy))
      << "product along the rows, " << s.outer << " x " << s.inner;
  EXPECT_TRUE(same_bits(found.dot, expected.dot))
      << "product across the rows, " << s.outer << " x " << s.inner;
}

/// The products a matrix may have to give: forward alone (either way), with a feedback product (either way),
/// or feedback alone.
std::vector<SweepShape> sweep_kinds(std::size_t outer, std::size_t inner, std::size_t lanes) {
  std::vector<SweepShape> kinds;
  for (const bool forward_is_dot : {true, false}) {
    for (const auto& [forward, feedback] : {std::pair{true, false}, {true, true}, {false, true}}) {
      const bool dot = forward_is_dot ? forward : feedback, axpy = forward_is_dot ? feedback : forward;
      for (const int update : {0, 1, 2}) {
        for (const int view : {0, 1, 2}) {
          if (view > 0 && !feedback) continue;
          const bool overwrites = (outer + inner + static_cast<std::size_t>(update)) % 2 == 0;
          kinds.push_back({outer, inner, lanes, axpy, dot, forward_is_dot, overwrites, !overwrites,
                           update > 0, update == 2, view > 0, view == 2});
        }
      }
    }
  }
  return kinds;
}

TYPED_TEST(RateKernels, SweepHasTheBitsOfItsTwinForEverySize) {
  on_fused_targets([&] {
    for (const std::size_t inner : sizes()) {
      for (const SweepShape& s : sweep_kinds(1 + inner % 9, inner, 1))
        expect_sweep_like_its_twin<TypeParam>(s, inner);
    }
  });
}

TYPED_TEST(RateKernels, LaneSweepHasTheBitsOfItsTwinForEverySize) {
  on_fused_targets([&] {
    for (const std::size_t inner : sizes()) {
      if (inner > 120) continue;
      for (const SweepShape& s : sweep_kinds(1 + inner % 4, inner, kLanes))
        expect_sweep_like_its_twin<TypeParam>(s, inner);
    }
  });
}

TYPED_TEST(RateKernels, SumsOfProductsTooSmallForANumberHaveTheSignOfTheirTwins) {
  using Real = TypeParam;
  on_fused_targets([&] {
    for (const std::size_t inner : {1U, 3U, 16U, 17U}) {
      const std::size_t n = inner * kLanes;
      AlignedBuffer<Real> weights(n, -std::numeric_limits<Real>::denorm_min()), in(n, Real(0.25));
      AlignedBuffer<Real> found(kLanes, Real(1)), expected = found;
      SweepArgs<Real> a;
      a.weights = weights.data();
      a.outer = 1;
      a.inner = a.stride = inner;
      a.forward_is_dot = a.dot_overwrites = true;
      a.dot_in = in.data();
      a.dot_out = found.data();
      kernels<Real>().lane_sweep(a);
      a.dot_out = expected.data();
      reference::lane_sweep<Real>(a);
      EXPECT_TRUE(same_bits(found, expected)) << inner << " products";

      // Side by side in memory, rows padded with zeros.
      const std::size_t padded = (inner + 15) / 16 * 16;
      AlignedBuffer<Real> row(padded, Real(0)), x(padded, Real(0)), one(1, Real(1));
      std::fill_n(row.data(), inner, -std::numeric_limits<Real>::denorm_min());
      std::fill_n(x.data(), inner, Real(0.25));
      a.weights = row.data();
      a.stride = padded;
      a.dot_in = x.data();
      a.dot_out = one.data();
      kernels<Real>().sweep(a);
      EXPECT_EQ(std::signbit(one[0]), std::signbit(found[0])) << inner << " products in a row";
    }
  });
}

RC_GTEST_PROP(KernelProperty, SweepsHaveTheBitsOfTheirTwins, ()) {
  if (fused_targets().empty()) return;
  const bool both = *rc::gen::arbitrary<bool>(), forward_is_dot = *rc::gen::arbitrary<bool>();
  const bool update = *rc::gen::arbitrary<bool>();
  const SweepShape s{*rc::gen::inRange<std::size_t>(1, 40),
                     *rc::gen::inRange<std::size_t>(1, 200),
                     *rc::gen::element<std::size_t>(1, kLanes),
                     both || !forward_is_dot,
                     both || forward_is_dot,
                     forward_is_dot,
                     *rc::gen::arbitrary<bool>(),
                     *rc::gen::arbitrary<bool>(),
                     update,
                     update && *rc::gen::arbitrary<bool>(),
                     both && *rc::gen::arbitrary<bool>(),
                     both && *rc::gen::arbitrary<bool>()};
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  for (const std::string& name : fused_targets()) {
    force_target(name);
    expect_sweep_like_its_twin<float>(s, seed);
    expect_sweep_like_its_twin<double>(s, seed);
  }
  force_target("");
  RC_ASSERT(!::testing::Test::HasFailure());
}

TYPED_TEST(RateKernels, SweepCarriesInfinitiesAndNaNsToTheProductsTheyBelongTo) {
  using Real = TypeParam;
  on_fused_targets([&] {
    constexpr std::size_t kRows = 3, kCols = 37;
    AlignedBuffer<Real> weights(kRows * 48, Real(0)), in(48, Real(0)), out(16, Real(0));
    for (std::size_t i = 0; i < kCols; ++i) {
      in[i] = Real(1);
      for (std::size_t r = 0; r < kRows; ++r) weights[r * 48 + i] = Real(1);
    }
    weights[1 * 48 + 36] = std::numeric_limits<Real>::infinity();
    weights[2 * 48 + 17] = std::numeric_limits<Real>::quiet_NaN();
    SweepArgs<Real> a;
    a.weights = weights.data();
    a.outer = kRows;
    a.inner = kCols;
    a.stride = 48;
    a.dot_in = in.data();
    a.dot_out = out.data();
    a.dot_overwrites = true;
    kernels<Real>().sweep(a);
    EXPECT_EQ(out[0], Real(kCols));
    EXPECT_EQ(out[1], std::numeric_limits<Real>::infinity());
    EXPECT_TRUE(std::isnan(out[2]));
  });
}

// ---- element-wise kernels --------------------------------------------------------------------------------

TYPED_TEST(RateKernels, OneToOneHasTheBitsOfItsTwin) {
  using Real = TypeParam;
  on_fused_targets([&] {
    for (const std::size_t n : sizes()) {
      for (const Combine mode : {Combine::set, Combine::add, Combine::multiply}) {
        for (const bool weighted : {false, true}) {
          Numbers<Real> numbers(n);
          const auto weights = numbers.vector(n), in = numbers.vector(n);
          auto found = numbers.vector(n), expected = found;
          OneToOneArgs<Real> a{mode, weighted ? weights.data() : nullptr, in.data(), found.data(), n};
          kernels<Real>().one_to_one(a);
          a.out = expected.data();
          reference::one_to_one(a);
          EXPECT_TRUE(same_bits(found, expected)) << n;
        }
      }
    }
  });
}

TYPED_TEST(RateKernels, AddUpHasTheBitsOfItsTwin) {
  using Real = TypeParam;
  on_fused_targets([&] {
    for (const std::size_t n : {16, 48, 1008}) {
      for (const std::size_t count : {1, 2, 13}) {
        for (const bool overwrites : {false, true}) {
          Numbers<Real> numbers(n + count);
          const auto parts = numbers.vector(n * count);
          auto found = numbers.vector(n), expected = found;
          AddUpArgs<Real> a{parts.data(), count, n, found.data(), overwrites, n};
          kernels<Real>().add_up(a);
          a.out = expected.data();
          reference::add_up(a);
          EXPECT_TRUE(same_bits(found, expected)) << n << ", " << count << " parts";
        }
      }
    }
  });
}

TYPED_TEST(RateKernels, CopyHasTheBitsOfItsTwin) {
  using Real = TypeParam;
  on_fused_targets([&] {
    Numbers<Real> numbers(3);
    const auto first = numbers.vector(16), second = numbers.vector(1008);
    AlignedBuffer<Real> a(16), b(1008);
    const typename CopyArgs<Real>::Pair pairs[] = {{a.data(), first.data(), 16},
                                                   {b.data(), second.data(), 1008}};
    kernels<Real>().copy({pairs, 2});
    EXPECT_TRUE(same_bits(a, first));
    EXPECT_TRUE(same_bits(b, second));
  });
}

TYPED_TEST(RateKernels, IntegrationHasTheBitsOfItsTwin) {
  using Real = TypeParam;
  on_fused_targets([&] {
    for (const std::size_t n : sizes()) {
      for (const std::size_t compartments : {0, 1, 2, 3, 8}) {
        for (const Real gain : {Real(1), Real(1.3)}) {
          Numbers<Real> numbers(n);
          const std::size_t padded = round_up_block(n);
          const auto potentials = numbers.vector(8 * padded), weights = numbers.vector(n),
                     in = numbers.vector(n), soma = numbers.vector(n);
          struct Outcome {
            AlignedBuffer<Real> potentials, soma, lookahead;
          };
          const auto run = [&](void (*kernel)(const IntegrateArgs<Real>&)) {
            Outcome o{potentials, soma, AlignedBuffer<Real>(padded)};
            IntegrateArgs<Real> a;
            a.compartments = compartments;
            for (std::size_t c = 0; c < compartments; ++c) {
              auto& to = a.compartment[c];
              to.coefficient = Real(0.1) * static_cast<Real>(c + 1);
              to.potential = o.potentials.data() + c * padded;
              to.in = (n + c) % 4 == 0 ? nullptr : in.data();
              to.weights = (n + c) % 2 == 0 ? nullptr : weights.data();
              to.mode = static_cast<Combine>((n + c) % 3);
            }
            a.step = Real(0.0019);
            a.lookahead_gain = gain;
            a.soma = o.soma.data();
            a.lookahead = o.lookahead.data();
            a.n = padded;
            kernel(a);
            return o;
          };
          const Outcome found = run(kernels<Real>().integrate), expected = run(reference::integrate<Real>);
          EXPECT_TRUE(same_bits(found.potentials, expected.potentials))
              << n << " neurons, " << compartments << " compartments";
          EXPECT_TRUE(same_bits(found.soma, expected.soma))
              << n << " neurons, " << compartments << " compartments";
          EXPECT_TRUE(same_bits(found.lookahead, expected.lookahead))
              << n << " neurons, " << compartments << " compartments";
        }
      }
    }
  });
}

TYPED_TEST(RateKernels, VoltageResidualHasTheBitsOfItsTwin) {
  using Real = TypeParam;
  on_fused_targets([&] {
    for (const std::size_t n : sizes()) {
      Numbers<Real> numbers(n);
      const auto lookahead = numbers.vector(n), potential = numbers.vector(n);
      AlignedBuffer<Real> found(lookahead.size()), expected(lookahead.size());
      ResidualArgs<Real> a;
      a.lookahead = lookahead.data();
      a.potential = potential.data();
      a.attenuation = Real(0.526);
      a.gain = Real(-1.5);
      a.out = found.data();
      a.n = lookahead.size();
      a.valid = n;
      kernels<Real>().residual(a);
      a.out = expected.data();
      reference::residual(a);
      // Padding is -0 in one and 0 in the other; both are zeros that products ignore.
      for (std::size_t i = n; i < found.size(); ++i) EXPECT_EQ(found[i], Real(0));
      found.resize(n);
      expected.resize(n);
      EXPECT_TRUE(same_bits(found, expected)) << n;
    }
  });
}

// ---- activation functions --------------------------------------------------------------------------------

constexpr ActivationKind kAllKinds[] = {ActivationKind::linear,    ActivationKind::relu,
                                        ActivationKind::soft_relu, ActivationKind::logistic,
                                        ActivationKind::tanh,      ActivationKind::hard_sigmoid};

/// Potentials over the range where the functions bend, their tails, and all scales near zero.
template <class Real>
AlignedBuffer<Real> potentials() {
  AlignedBuffer<Real> x;
  for (int i = -4000; i < 4000; ++i) {
    x.push_back(static_cast<Real>(i * 0.00217));
    x.push_back(static_cast<Real>(i * 0.0203));
    x.push_back(static_cast<Real>(std::ldexp((i % 2 ? 1 : -1) * (1 + (i & 63) / 64.0), -((i + 4000) % 61))));
  }
  x.resize(round_up_block(x.size()), Real(0));
  return x;
}

template <class Real>
AlignedBuffer<Real> rates_of(ActivationKind kind, const AlignedBuffer<Real>& x,
                             AlignedBuffer<Real>* slopes = nullptr) {
  AlignedBuffer<Real> rate(x.size());
  ActivateArgs<Real> a;
  a.kind = a.derivative_of = kind;
  a.lookahead = x.data();
  a.rate = rate.data();
  a.n = a.valid = x.size();
  if (slopes) {
    slopes->resize(x.size());
    a.slope = slopes->data();
  }
  kernels<Real>().activate(a);
  return rate;
}

template <class Real>
double ulps(Real found, long double truth) {
  const Real at = std::abs(static_cast<Real>(truth));
  const Real ulp = std::nextafter(at, std::numeric_limits<Real>::infinity()) - at;
  return static_cast<double>(std::abs(static_cast<long double>(found) - truth) /
                             static_cast<long double>(ulp));
}

TYPED_TEST(RateKernels, LogisticAndTanhAreWithinThreeUlp) {
  using Real = TypeParam;
  constexpr double kUlps = 3;  // found, g++ 12 and clang 14: float 2.3 and 2.4, double 2.3 and 2.9
  on_fused_targets([&] {
    const auto x = potentials<Real>();
    const auto logistic = rates_of(ActivationKind::logistic, x), tanh = rates_of(ActivationKind::tanh, x);
    double worst_logistic = 0, worst_tanh = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto at = static_cast<long double>(x[i]);
      worst_logistic = std::max(worst_logistic, ulps(logistic[i], 1 / (1 + std::exp(-at))));
      worst_tanh = std::max(worst_tanh, ulps(tanh[i], std::tanh(at)));
    }
    ::testing::Test::RecordProperty("ulps_of_logistic", std::to_string(worst_logistic));
    ::testing::Test::RecordProperty("ulps_of_tanh", std::to_string(worst_tanh));
    EXPECT_LE(worst_logistic, kUlps);
    EXPECT_LE(worst_tanh, kUlps);
  });
}

TYPED_TEST(RateKernels, RatesAndSlopesFollowTheScalarFunctions) {
  using Real = TypeParam;
  constexpr Real kEps = std::numeric_limits<Real>::epsilon();
  on_fused_targets([&] {
    const auto x = potentials<Real>();
    for (const ActivationKind kind : kAllKinds) {
      AlignedBuffer<Real> slope;
      const auto rate = rates_of(kind, x, &slope);
      for (std::size_t i = 0; i < x.size(); ++i) {
        // soft_relu's argument 10 x is rounded in both; a slope of 1 - r^2 or r (1 - r) loses digits in the
        // tails.
        const Real expected = apical::activate(kind, x[i], Real(1), Real(0));
        const Real flushed = std::numeric_limits<Real>::min();  // below, exp may be 0
        EXPECT_NEAR(rate[i], expected, 4 * kEps * std::abs(expected) + flushed)
            << name_of(kind) << " at " << x[i];
        EXPECT_NEAR(slope[i], activation_derivative(kind, x[i], Real(1), Real(0)), 4 * kEps)
            << name_of(kind) << "' at " << x[i];
      }
    }
  });
}

TYPED_TEST(RateKernels, ActivationKeepsInfinitiesAndNaNs) {
  using Real = TypeParam;
  constexpr Real kInf = std::numeric_limits<Real>::infinity();
  on_fused_targets([&] {
    AlignedBuffer<Real> x(kBlock, Real(0));
    x[0] = kInf;
    x[1] = -kInf;
    x[2] = std::numeric_limits<Real>::quiet_NaN();
    x[3] = Real(1e30);
    x[4] = Real(-1e30);
    for (const ActivationKind kind : kAllKinds) {
      const auto r = rates_of(kind, x);
      EXPECT_TRUE(std::isnan(r[2])) << name_of(kind);
      for (const std::size_t i : {0, 1, 3, 4}) {
        // As good as zero: the tails end at the smallest normal numbers.
        const Real expected = apical::activate(kind, x[i], Real(1), Real(0));
        if (std::isinf(expected)) {
          EXPECT_EQ(r[i], expected) << name_of(kind) << " at " << x[i];
        } else {
          EXPECT_NEAR(r[i], expected, std::abs(expected) * 1e-6 + 1e-37) << name_of(kind) << " at " << x[i];
        }
      }
    }
  });
}

TYPED_TEST(RateKernels, ActivationWithParametersTeacherAndPreviousRateFollowsItsTwin) {
  using Real = TypeParam;
  constexpr Real kEps = std::numeric_limits<Real>::epsilon();
  on_fused_targets([&] {
    for (const std::size_t n : {1, 3, 15, 16, 17, 33, 119}) {
      for (const ActivationKind kind : kAllKinds) {
        for (const ActivationKind derivative_of : {kind, ActivationKind::linear}) {
          for (const int variant : {0, 1, 2, 3, 4, 5, 6, 7}) {
            Numbers<Real> numbers(n);
            const std::size_t padded = round_up_block(n);
            auto small = [&] {
              auto v = numbers.vector(n);
              for (Real& value : v) value = std::clamp(value, Real(-3), Real(3));
              return v;
            };
            const auto soma = small(), lookahead = small(), slopes = small(), offsets = small(),
                       teacher = small();
            const auto before = small();
            const bool present = variant % 2 == 0;
            struct Outcome {
              AlignedBuffer<Real> rate, previous, slope, mismatch;
            };
            const auto run = [&](void (*kernel)(const ActivateArgs<Real>&)) {
              Outcome o{before, AlignedBuffer<Real>(padded), AlignedBuffer<Real>(padded),
                        AlignedBuffer<Real>(padded)};
              ActivateArgs<Real> a;
              a.kind = kind;
              a.derivative_of = derivative_of;
              a.source_is_lookahead = variant % 3 != 0;
              a.released_derivative = variant >= 4;
              a.soma = soma.data();
              a.lookahead = lookahead.data();
              if (variant & 2) a.slope_parameter = slopes.data(), a.offset_parameter = offsets.data();
              a.rate = o.rate.data();
              a.previous_rate = o.previous.data();
              a.slope = o.slope.data();
              a.mismatch = o.mismatch.data();
              a.teacher = teacher.data();
              a.teacher_present = &present;
              a.n = padded;
              a.valid = n;
              kernel(a);
              return o;
            };
            const Outcome found = run(kernels<Real>().activate), expected = run(reference::activate<Real>);
            EXPECT_TRUE(same_bits(found.previous, expected.previous));
            for (std::size_t i = 0; i < padded; ++i) {
              const auto close = [&](Real a, Real b, Real scale) {
                EXPECT_NEAR(a, b, 16 * kEps * scale) << name_of(kind) << " " << i;
              };
              close(found.rate[i], expected.rate[i], 1 + std::abs(expected.rate[i]));
              close(found.slope[i], expected.slope[i], 4);
              close(found.mismatch[i], expected.mismatch[i], 16);
            }
            for (std::size_t i = n; i < padded; ++i) {
              EXPECT_EQ(found.rate[i], Real(0)) << "padding";
              EXPECT_EQ(found.slope[i], Real(0)) << "padding";
            }
          }
        }
      }
    }
  });
}

TYPED_TEST(RateKernels, RateResidualFollowsItsTwin) {
  using Real = TypeParam;
  constexpr Real kEps = std::numeric_limits<Real>::epsilon();
  on_fused_targets([&] {
    for (const ActivationKind kind : kAllKinds) {
      for (const std::size_t n : {1, 16, 45}) {
        Numbers<Real> numbers(n);
        const auto rate = numbers.vector(n), potential = numbers.vector(n);
        AlignedBuffer<Real> found(rate.size()), expected(rate.size());
        ResidualArgs<Real> a;
        a.of_rate = true;
        a.kind = kind;
        a.rate = rate.data();
        a.potential = potential.data();
        a.attenuation = Real(0.526);
        a.out = found.data();
        a.n = rate.size();
        a.valid = n;
        kernels<Real>().residual(a);
        a.out = expected.data();
        reference::residual(a);
        for (std::size_t i = 0; i < found.size(); ++i) {
          EXPECT_NEAR(found[i], expected[i], 8 * kEps * (1 + std::abs(potential[i]) + std::abs(rate[i])))
              << name_of(kind);
        }
      }
    }
  });
}

template <class Real>
std::uint64_t digest_of_activations() {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  const auto add = [&](const AlignedBuffer<Real>& values) {
    for (const Real v : values) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &v, sizeof v);
      for (std::size_t byte = 0; byte < sizeof v; ++byte)
        hash = (hash ^ (bits >> (8 * byte) & 255)) * 1099511628211ULL;
    }
  };
  for (const ActivationKind kind : kAllKinds) {
    AlignedBuffer<Real> slope;
    add(rates_of(kind, potentials<Real>(), &slope));
    add(slope);
  }
  return hash;
}

TYPED_TEST(RateKernels, ActivationHasTheSameBitsOnEveryTargetAndWithEveryCompiler) {
  const std::uint64_t known = sizeof(TypeParam) == 4 ? 0xc5ca8be935c933daULL : 0xf5847032f9b1e53aULL;
  on_fused_targets([&] {
    EXPECT_EQ(digest_of_activations<TypeParam>(), known) << std::hex << digest_of_activations<TypeParam>();
  });
}

// ---- targets ---------------------------------------------------------------------------------------------

TEST(KernelTargets, AForcedOneIsUsedAndTheBestComesBack) {
  const auto all = available_targets();
  ASSERT_FALSE(all.empty());
  for (const std::string& name : all) {
    force_target(name);
    EXPECT_EQ(current_target(), name);
    EXPECT_EQ(available_targets(), all);
  }
  force_target("");
  EXPECT_EQ(current_target(), all.front());
}

TEST(KernelTargets, AnUnknownOneIsRefusedWithASuggestion) {
  const std::string wrong = available_targets().front() + "x";
  try {
    force_target(wrong);
    FAIL() << "accepted " << wrong;
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr(available_targets().front()));
  }
  force_target("");
}

}  // namespace
}  // namespace apical::rate
