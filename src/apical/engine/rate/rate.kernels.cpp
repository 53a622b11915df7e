// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cmath>

#include "apical/core/error.h"
#include "apical/engine/rate/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "apical/engine/rate/rate.kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace apical::rate {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class Real>
using Tag = hn::CappedTag<Real, kBlock>;

// ---- activation functions --------------------------------------------------------------------------------

/// exp(x) = scale (1 + fraction) in float, scale a power of two; |x| <= 87. A polynomial of our own (minimax
/// in the relative error, 4e-9): Highway's exp serves any argument and costs half as much again.
template <class D, class V>
struct ExpParts {
  V scale, fraction;
};
template <class D, class V>
HWY_INLINE ExpParts<D, V> exp_parts(D d, V x) {
  const hn::RebindToSigned<D> di;
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the lowest bits.
  const V shift = hn::Set(d, 12582912.0F);
  const V shifted = hn::MulAdd(x, hn::Set(d, 1.44269504F), shift);
  const V n = hn::Sub(shifted, shift);
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375F), x);  // ln 2 in two parts; the first has few bits
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4F), r);
  V q = hn::MulAdd(hn::Set(d, 0x1.6a23dp-10F), r, hn::Set(d, 0x1.123a2p-7F));
  q = hn::MulAdd(q, r, hn::Set(d, 0x1.5558f2p-5F));
  q = hn::MulAdd(q, r, hn::Set(d, 0x1.555492p-3F));
  q = hn::MulAdd(q, r, hn::Set(d, 0x1.fffffcp-2F));
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(di, shifted));
  return {hn::BitCast(d, hn::Add(exponent, hn::Set(di, 0x3F800000))), hn::MulAdd(hn::Mul(r, r), q, r)};
}

/// x within +-limit. Here and below, not-a-number stays what it is: x86's min and max return their second
/// operand then.
template <class D, class V>
HWY_INLINE V clamped(D d, V x, hn::TFromD<D> limit) {
  return hn::Max(hn::Set(d, -limit), hn::Min(hn::Set(d, limit), x));
}

template <class D, class V>
HWY_INLINE V logistic(D d, V x) {
  // The quotient is precise in both tails; beyond the limits it is as good as 0 or 1.
  const V one = hn::Set(d, hn::TFromD<D>(1));
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    const auto e = exp_parts(d, clamped(d, hn::Neg(x), 86.0F));
    return hn::Div(one, hn::Add(one, hn::MulAdd(e.scale, e.fraction, e.scale)));
  } else {
    const V p = hn::Div(one, hn::Add(one, hn::Exp(d, clamped(d, hn::Neg(x), 700.0))));
    return hn::IfThenElse(hn::Eq(x, x), p, x);  // Highway's exp of not-a-number is 0
  }
}

template <class D, class V>
HWY_INLINE V hyperbolic_tangent(D d, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    // tanh x = m / (m + 2) with m = exp(2x) - 1, which has no cancellation for small x; 1 in float from 9.1
    // on.
    const auto e = exp_parts(d, clamped(d, hn::Add(x, x), 20.0F));
    const V m = hn::MulAdd(e.scale, e.fraction, hn::Sub(e.scale, hn::Set(d, 1.0F)));
    return hn::Div(m, hn::Add(m, hn::Set(d, 2.0F)));
  } else {
    return hn::Tanh(d, x);
  }
}

template <class D, class V>
HWY_INLINE V soft_relu(D d, V y) {
  using T = hn::TFromD<D>;
  const V z = hn::Exp(d, hn::Mul(hn::Set(d, T(-10)), hn::Abs(y)));
  return hn::Add(hn::Max(hn::Zero(d), y), hn::Div(hn::Log1p(d, z), hn::Set(d, T(10))));
}

template <ActivationKind kKind, class D, class V>
HWY_INLINE V phi(D d, V x, V s, V o) {
  using T = hn::TFromD<D>;
  const V y = hn::Sub(x, o);
  if constexpr (kKind == ActivationKind::linear) return hn::Mul(s, y);
  if constexpr (kKind == ActivationKind::relu) return hn::Mul(s, hn::Max(hn::Zero(d), y));
  if constexpr (kKind == ActivationKind::soft_relu) return hn::Mul(s, soft_relu(d, y));
  if constexpr (kKind == ActivationKind::logistic) return logistic(d, hn::Mul(s, y));
  if constexpr (kKind == ActivationKind::tanh) return hyperbolic_tangent(d, hn::Mul(s, y));
  if constexpr (kKind == ActivationKind::hard_sigmoid) {
    const V z = hn::Add(hn::Div(y, hn::Set(d, T(6))), hn::Set(d, T(0.5)));
    return hn::Mul(s, hn::Min(hn::Set(d, T(1)), hn::Max(hn::Zero(d), z)));
  }
}

template <ActivationKind kKind, class D, class V>
HWY_INLINE V phi_prime(D d, V x, V s, V o) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1)), zero = hn::Zero(d);
  const V y = hn::Sub(x, o);
  if constexpr (kKind == ActivationKind::linear) return s;
  if constexpr (kKind == ActivationKind::relu) return hn::IfThenElseZero(hn::Gt(y, zero), s);
  if constexpr (kKind == ActivationKind::soft_relu)
    return hn::Mul(s, logistic(d, hn::Mul(hn::Set(d, T(10)), y)));
  if constexpr (kKind == ActivationKind::logistic) {
    const V p = logistic(d, hn::Mul(s, y));
    return hn::Mul(hn::Mul(s, p), hn::Sub(one, p));
  }
  if constexpr (kKind == ActivationKind::tanh) {
    const V t = hyperbolic_tangent(d, hn::Mul(s, y));
    return hn::Mul(s, hn::Sub(one, hn::Mul(t, t)));
  }
  if constexpr (kKind == ActivationKind::hard_sigmoid) {
    const V z = hn::Add(hn::Div(y, hn::Set(d, T(6))), hn::Set(d, T(0.5)));
    return hn::IfThenElseZero(hn::And(hn::Gt(z, zero), hn::Lt(z, one)), hn::Div(s, hn::Set(d, T(6))));
  }
}

// The slope from the rate where that is all it takes: logistic and tanh with unit slope.
template <ActivationKind kKind, class D, class V>
HWY_INLINE V phi_prime_from_rate(D d, V r) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  if constexpr (kKind == ActivationKind::logistic) return hn::Mul(r, hn::Sub(one, r));
  if constexpr (kKind == ActivationKind::tanh) return hn::Sub(one, hn::Mul(r, r));
  return one;
}

/// Calls f with the activation kind as a template argument.
template <class F>
HWY_INLINE void with_kind(ActivationKind kind, F&& f) {
  switch (kind) {
    case ActivationKind::linear:
      return f(std::integral_constant<ActivationKind, ActivationKind::linear>{});
    case ActivationKind::relu:
      return f(std::integral_constant<ActivationKind, ActivationKind::relu>{});
    case ActivationKind::soft_relu:
      return f(std::integral_constant<ActivationKind, ActivationKind::soft_relu>{});
    case ActivationKind::logistic:
      return f(std::integral_constant<ActivationKind, ActivationKind::logistic>{});
    case ActivationKind::tanh:
      return f(std::integral_constant<ActivationKind, ActivationKind::tanh>{});
    case ActivationKind::hard_sigmoid:
      return f(std::integral_constant<ActivationKind, ActivationKind::hard_sigmoid>{});
  }
}

/// Lanes from `valid` on become 0; `i` is the element in the first lane.
template <class D, class V>
HWY_INLINE V without_padding(D d, V v, std::size_t i, std::size_t valid) {
  if (HWY_LIKELY(i + hn::Lanes(d) <= valid)) return v;
  return hn::IfThenElseZero(hn::FirstN(d, valid > i ? valid - i : 0), v);
}

/// The slope is told by the rate: logistic and tanh without parameters, of the same potential; and linear.
template <class Real>
HWY_INLINE bool rate_tells_slope(const ActivateArgs<Real>& a) {
  return a.kind == a.derivative_of && a.source_is_lookahead && !a.slope_parameter && !a.offset_parameter &&
         (a.kind == ActivationKind::logistic || a.kind == ActivationKind::tanh ||
          a.kind == ActivationKind::linear);
}

template <ActivationKind kKind, bool kSlope, class Real>
HWY_INLINE void rates(const ActivateArgs<Real>& args) {
  const ActivateArgs<Real> a =
      args;  // a copy: stores of vectors might alias the original, and it would be loaded again
  const Tag<Real> d;
  const Real* HWY_RESTRICT x = a.source_is_lookahead ? a.lookahead : a.soma;
  const auto one = hn::Set(d, Real(1)), zero = hn::Zero(d);
  const bool mismatch = kSlope && a.mismatch;
  const bool compares = mismatch && *a.teacher_present;
  for (std::size_t i = 0; i < a.n; i += hn::Lanes(d)) {
    if (a.previous_rate) hn::Store(hn::Load(d, a.rate + i), d, a.previous_rate + i);
    const auto s = a.slope_parameter ? hn::Load(d, a.slope_parameter + i) : one;
    const auto o = a.offset_parameter ? hn::Load(d, a.offset_parameter + i) : zero;
    const auto rate = without_padding(d, phi<kKind>(d, hn::Load(d, x + i), s, o), i, a.valid);
    hn::Store(rate, d, a.rate + i);
    if constexpr (kSlope) {
      const auto slope = without_padding(d, phi_prime_from_rate<kKind>(d, rate), i, a.valid);
      hn::Store(slope, d, a.slope + i);
      if (mismatch)
        hn::Store(compares ? hn::Mul(slope, hn::Sub(hn::Load(d, a.teacher + i), rate)) : zero, d,
                  a.mismatch + i);
    }
  }
}

template <ActivationKind kKind, class Real>
HWY_INLINE void slopes(const ActivateArgs<Real>& args) {
  const ActivateArgs<Real> a = args;
  const Tag<Real> d;
  const auto one = hn::Set(d, Real(1)), zero = hn::Zero(d);
  // hard_sigmoid: the released derivative lacks the factor 1/6.
  const auto released_gain =
      hn::Set(d, a.released_derivative && kKind == ActivationKind::hard_sigmoid ? Real(6) : Real(1));
  for (std::size_t i = 0; i < a.n; i += hn::Lanes(d)) {
    const auto s = !a.released_derivative && a.slope_parameter ? hn::Load(d, a.slope_parameter + i) : one;
    const auto o = !a.released_derivative && a.offset_parameter ? hn::Load(d, a.offset_parameter + i) : zero;
    const auto slope = hn::Mul(phi_prime<kKind>(d, hn::Load(d, a.lookahead + i), s, o), released_gain);
    hn::Store(without_padding(d, slope, i, a.valid), d, a.slope + i);
  }
}

template <class Real>
void activate(const ActivateArgs<Real>& a) {
  if (a.slope && rate_tells_slope(a)) {
    if (a.kind == ActivationKind::logistic) return rates<ActivationKind::logistic, true>(a);
    if (a.kind == ActivationKind::tanh) return rates<ActivationKind::tanh, true>(a);
    return rates<ActivationKind::linear, true>(a);
  }
  with_kind(a.kind, [&](auto kind) { rates<kind.value, false>(a); });
  if (!a.slope) return;
  with_kind(a.derivative_of, [&](auto kind) { slopes<kind.value>(a); });
  if (!a.mismatch) return;
  const Tag<Real> d;
  const bool compares = *a.teacher_present;
  for (std::size_t i = 0; i < a.n; i += hn::Lanes(d)) {
    const auto error = hn::Sub(hn::Load(d, a.teacher + i), hn::Load(d, a.rate + i));
    hn::Store(compares ? hn::Mul(hn::Load(d, a.slope + i), error) : hn::Zero(d), d, a.mismatch + i);
  }
}

template <class Real>
void residual(const ResidualArgs<Real>& args) {
  const ResidualArgs<Real> a = args;
  const Tag<Real> d;
  const auto attenuation = hn::Set(d, a.attenuation), gain = hn::Set(d, a.gain);
  const auto one = hn::Set(d, Real(1)), zero = hn::Zero(d);
  if (!a.of_rate) {
    for (std::size_t i = 0; i < a.n; i += hn::Lanes(d)) {
      const auto foreseen = hn::Mul(attenuation, hn::Load(d, a.potential + i));
      hn::Store(hn::Mul(gain, hn::Sub(hn::Load(d, a.lookahead + i), foreseen)), d, a.out + i);
    }
    return;
  }
  with_kind(a.kind, [&](auto kind) {
    for (std::size_t i = 0; i < a.n; i += hn::Lanes(d)) {
      const auto s = a.slope_parameter ? hn::Load(d, a.slope_parameter + i) : one;
      const auto o = a.offset_parameter ? hn::Load(d, a.offset_parameter + i) : zero;
      const auto foreseen = phi<kind.value>(d, hn::Mul(attenuation, hn::Load(d, a.potential + i)), s, o);
      const auto surprise = hn::Mul(gain, hn::Sub(hn::Load(d, a.rate + i), foreseen));
      hn::Store(without_padding(d, surprise, i, a.valid), d, a.out + i);
    }
  });
}

// ---- sweeps ----------------------------------------------------------------------------------------------

enum class Update { none, apply, store };

// The fixed tree of a sum whose kBlock virtual lanes are spread over `count` registers.
template <class D, class V>
HWY_INLINE hn::TFromD<D> fold_register(D, V v) {
#if HWY_TARGET == HWY_SCALAR
  return hn::GetLane(v);
#else
  if constexpr (hn::MaxLanes(D()) == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<D> half;
    return fold_register(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
#endif
}

template <class D, class V>
HWY_INLINE hn::TFromD<D> fold(D d, V* sum) {
  for (std::size_t width = kBlock / hn::MaxLanes(D()) / 2; width > 0; width /= 2) {
    for (std::size_t k = 0; k < width; ++k) sum[k] = hn::Add(sum[k], sum[k + width]);
  }
  return fold_register(d, sum[0]);
}

// `kRows` rows at once: vectors along `inner` are loaded once for all of them.
template <std::size_t kRows, bool kAxpy, bool kDot, Update kUpdate, bool kForwardIsDot, bool kView,
          class Real>
HWY_INLINE void sweep_rows(const SweepArgs<Real> a, std::size_t first, bool start_from_zero) {
  const Tag<Real> d;
  using V = hn::Vec<Tag<Real>>;
  constexpr std::size_t kN = hn::MaxLanes(Tag<Real>());
  constexpr std::size_t kGroups = kBlock / kN;
  V push[kRows], coefficient[kRows], sum[kRows][kGroups];
  for (std::size_t r = 0; r < kRows; ++r) {
    if constexpr (kUpdate != Update::none) push[r] = hn::Set(d, a.outer_update[first + r] * a.update_scale);
    if constexpr (kAxpy) coefficient[r] = hn::Set(d, a.axpy_in[first + r]);
    if constexpr (kDot) {
      for (std::size_t g = 0; g < kGroups; ++g) sum[r][g] = hn::Zero(d);
    }
  }
  const V view_scale = hn::Set(d, a.view_scale);
  Real* HWY_RESTRICT rows = a.weights + first * a.stride;
  const Real* HWY_RESTRICT deviations = a.deviation ? a.deviation + first * a.stride : nullptr;
  const std::size_t padded = round_up_block(a.inner);
  for (std::size_t i = 0; i < padded; i += kBlock) {
    for (std::size_t g = 0; g < kGroups; ++g) {
      const std::size_t at = i + g * kN;
      V out = hn::Zero(d), x = hn::Zero(d), q = hn::Zero(d);
      if constexpr (kAxpy) {
        if (!start_from_zero) out = hn::Load(d, a.axpy_out + at);
      }
      if constexpr (kDot) x = hn::Load(d, a.dot_in + at);
      if constexpr (kUpdate != Update::none) q = hn::Load(d, a.inner_update + at);
      for (std::size_t r = 0; r < kRows; ++r) {
        const V weight = hn::Load(d, rows + r * a.stride + at);
        V updated = weight, viewed = weight;
        if constexpr (kUpdate != Update::none) updated = hn::MulAdd(push[r], q, weight);
        if constexpr (kView) {
          if (deviations) viewed = hn::Add(viewed, hn::Load(d, deviations + r * a.stride + at));
          viewed = hn::Mul(viewed, view_scale);
        }
        if constexpr (kAxpy) out = hn::MulAdd(kForwardIsDot ? viewed : updated, coefficient[r], out);
        if constexpr (kDot) sum[r][g] = hn::MulAdd(kForwardIsDot ? updated : viewed, x, sum[r][g]);
        if constexpr (kUpdate == Update::store) hn::Store(updated, d, rows + r * a.stride + at);
      }
      if constexpr (kAxpy) hn::Store(out, d, a.axpy_out + at);
    }
  }
  if constexpr (kDot) {
    for (std::size_t r = 0; r < kRows; ++r) {
      const Real total = fold(d, sum[r]);
      a.dot_out[first + r] = a.dot_overwrites ? total : a.dot_out[first + r] + total;
    }
  }
}

template <bool kAxpy, bool kDot, Update kUpdate, bool kForwardIsDot, bool kView, class Real>
HWY_NOINLINE void wide_sweep(const SweepArgs<Real>& args) {
  // A copy: stores of vectors might alias the original, and every field would be loaded again each time.
  const SweepArgs<Real> a = args;
  // As many rows as there are registers for their sums; the order of sums does not depend on it.
  constexpr std::size_t kGroups = kBlock / hn::MaxLanes(Tag<Real>());
  // Each further number of rows costs the compiler seconds; a processor without vectors gets one.
  constexpr std::size_t kRows = HWY_TARGET == HWY_SCALAR ? 1 : HWY_TARGET <= HWY_AVX3 || kGroups <= 2 ? 4 : 2;
  std::size_t o = 0;
  const auto from_zero = [&] { return o == 0 && a.axpy_overwrites; };
  for (; o + kRows <= a.outer; o += kRows)
    sweep_rows<kRows, kAxpy, kDot, kUpdate, kForwardIsDot, kView>(a, o, from_zero());
  if constexpr (kRows > 2) {
    if (a.outer - o == 3) sweep_rows<3, kAxpy, kDot, kUpdate, kForwardIsDot, kView>(a, o, from_zero());
    if (a.outer - o == 2) sweep_rows<2, kAxpy, kDot, kUpdate, kForwardIsDot, kView>(a, o, from_zero());
  }
  if constexpr (kRows > 1) {
    if (a.outer - o == 1) sweep_rows<1, kAxpy, kDot, kUpdate, kForwardIsDot, kView>(a, o, from_zero());
  }
}

// kLanes replicas side by side: the same sums in the same order, one register for each virtual lane.
template <bool kAxpy, bool kDot, Update kUpdate, bool kForwardIsDot, bool kView, class Real>
HWY_NOINLINE void replica_sweep(const SweepArgs<Real>& args) {
  const SweepArgs<Real> a = args;
  const Tag<Real> d;
  using V = hn::Vec<Tag<Real>>;
  constexpr std::size_t kN = hn::MaxLanes(Tag<Real>());
  const V view_scale = hn::Set(d, a.view_scale), update_scale = hn::Set(d, a.update_scale);
  for (std::size_t lane = 0; lane < kLanes; lane += kN) {
    for (std::size_t o = 0; o < a.outer; ++o) {
      V push = hn::Zero(d), coefficient = hn::Zero(d);
      if constexpr (kUpdate != Update::none)
        push = hn::Mul(hn::Load(d, a.outer_update + o * kLanes + lane), update_scale);
      if constexpr (kAxpy) coefficient = hn::Load(d, a.axpy_in + o * kLanes + lane);
      Real* HWY_RESTRICT row = a.weights + o * a.stride * kLanes + lane;
      const Real* HWY_RESTRICT deviation = a.deviation ? a.deviation + o * a.stride * kLanes + lane : nullptr;
      V sum[kBlock];
      for (std::size_t i = 0; i < a.inner; ++i) {
        const std::size_t at = i * kLanes;
        const V weight = hn::Load(d, row + at);
        V updated = weight, viewed = weight;
        if constexpr (kUpdate != Update::none) {
          updated = hn::MulAdd(push, hn::Load(d, a.inner_update + at + lane), weight);
        }
        if constexpr (kView) {
          if (deviation) viewed = hn::Add(viewed, hn::Load(d, deviation + at));
          viewed = hn::Mul(viewed, view_scale);
        }
        if constexpr (kAxpy) {
          const V before = o == 0 && a.axpy_overwrites ? hn::Zero(d) : hn::Load(d, a.axpy_out + at + lane);
          hn::Store(hn::MulAdd(kForwardIsDot ? viewed : updated, coefficient, before), d,
                    a.axpy_out + at + lane);
        }
        if constexpr (kDot) {
          const V before = i < kBlock ? hn::Zero(d) : sum[i % kBlock];
          sum[i % kBlock] =
              hn::MulAdd(kForwardIsDot ? updated : viewed, hn::Load(d, a.dot_in + at + lane), before);
        }
        if constexpr (kUpdate == Update::store) hn::Store(updated, d, row + at);
      }
      if constexpr (kDot) {
        // Virtual lanes beyond `inner` add +0 and may be left out, but for a sum of products that all fell
        // below the smallest number: that is -0 without them, and +0 with.
        std::size_t live = a.inner < kBlock ? a.inner : kBlock;
        for (std::size_t width = kBlock / 2; width > 0; width /= 2) {
          for (std::size_t k = 0; k + width < live; ++k) sum[k] = hn::Add(sum[k], sum[k + width]);
          live = live < width ? live : width;
        }
        if (a.inner % kBlock != 0) sum[0] = hn::Add(sum[0], hn::Zero(d));
        Real* HWY_RESTRICT out = a.dot_out + o * kLanes + lane;
        hn::Store(a.dot_overwrites ? sum[0] : hn::Add(hn::Load(d, out), sum[0]), d, out);
      }
    }
  }
}

// Run-time switches to template arguments, once per sweep.
template <class Real, template <bool, bool, Update, bool, bool> class Body>
HWY_INLINE void dispatch_sweep(const SweepArgs<Real>& a) {
  const auto with_update = [&]<bool kAxpy, bool kDot, bool kForwardIsDot, bool kView>() {
    if (!a.outer_update) return Body<kAxpy, kDot, Update::none, kForwardIsDot, kView>::run(a);
    if (!a.store) return Body<kAxpy, kDot, Update::apply, kForwardIsDot, kView>::run(a);
    return Body<kAxpy, kDot, Update::store, kForwardIsDot, kView>::run(a);
  };
  const bool view = a.deviation != nullptr || a.view_scale != Real(1);
  if (a.axpy_out && a.dot_out) {
    if (a.forward_is_dot)
      return view ? with_update.template operator()<true, true, true, true>()
                  : with_update.template operator()<true, true, true, false>();
    return view ? with_update.template operator()<true, true, false, true>()
                : with_update.template operator()<true, true, false, false>();
  }
  if (a.dot_out) {
    if (a.forward_is_dot) return with_update.template operator()<false, true, true, false>();
    return view ? with_update.template operator()<false, true, false, true>()
                : with_update.template operator()<false, true, false, false>();
  }
  if (!a.forward_is_dot) return with_update.template operator()<true, false, false, false>();
  return view ? with_update.template operator()<true, false, true, true>()
              : with_update.template operator()<true, false, true, false>();
}

template <class Real>
struct Wide {
  template <bool kAxpy, bool kDot, Update kUpdate, bool kForwardIsDot, bool kView>
  struct Body {
    static void run(const SweepArgs<Real>& a) { wide_sweep<kAxpy, kDot, kUpdate, kForwardIsDot, kView>(a); }
  };
};
template <class Real>
struct Lanes {
  template <bool kAxpy, bool kDot, Update kUpdate, bool kForwardIsDot, bool kView>
  struct Body {
    static void run(const SweepArgs<Real>& a) {
      replica_sweep<kAxpy, kDot, kUpdate, kForwardIsDot, kView>(a);
    }
  };
};

template <class Real>
void sweep(const SweepArgs<Real>& a) {
  dispatch_sweep<Real, Wide<Real>::template Body>(a);
}
template <class Real>
void lane_sweep(const SweepArgs<Real>& a) {
  dispatch_sweep<Real, Lanes<Real>::template Body>(a);
}

// ---- element-wise ----------------------------------------------------------------------------------------

template <class V>
HWY_INLINE V combined(Combine mode, V x, V before) {
  return mode == Combine::set ? x : mode == Combine::add ? hn::Add(before, x) : hn::Mul(before, x);
}

template <class Real>
void one_to_one(const OneToOneArgs<Real>& args) {
  const OneToOneArgs<Real> a = args;
  const Tag<Real> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= a.n; i += lanes) {
    auto x = hn::Load(d, a.in + i);
    if (a.weights) x = hn::Mul(hn::Load(d, a.weights + i), x);
    hn::Store(combined(a.mode, x, hn::Load(d, a.out + i)), d, a.out + i);
  }
  for (; i < a.n; ++i) {
    const Real x = a.weights ? a.weights[i] * a.in[i] : a.in[i];
    a.out[i] = a.mode == Combine::set ? x : a.mode == Combine::add ? a.out[i] + x : a.out[i] * x;
  }
}

template <class Real>
void add_up(const AddUpArgs<Real>& args) {
  const AddUpArgs<Real> a = args;
  const Tag<Real> d;
  for (std::size_t i = 0; i < a.n; i += hn::Lanes(d)) {
    auto sum = hn::Load(d, a.parts + i);
    if (!a.overwrites) sum = hn::Add(hn::Load(d, a.out + i), sum);
    for (std::size_t k = 1; k < a.count; ++k) sum = hn::Add(sum, hn::Load(d, a.parts + k * a.stride + i));
    hn::Store(sum, d, a.out + i);
  }
}

template <std::size_t kCompartments, class Real>
HWY_INLINE void integrate_compartments(const IntegrateArgs<Real>& args) {
  const IntegrateArgs<Real> a = args;
  const Tag<Real> d;
  const auto step = hn::Set(d, a.step), gain = hn::Set(d, a.lookahead_gain);
  const bool unit_gain = a.lookahead_gain == Real(1);
  const std::size_t compartments = kCompartments ? kCompartments : a.compartments;
  for (std::size_t i = 0; i < a.n; i += hn::Lanes(d)) {
    auto drive = hn::Zero(d);
    for (std::size_t k = 0; k < compartments; ++k) {
      const auto& c = a.compartment[k];
      auto potential = hn::Load(d, c.potential + i);
      if (c.in) {
        auto x = hn::Load(d, c.in + i);
        if (c.weights) x = hn::Mul(hn::Load(d, c.weights + i), x);
        potential = combined(c.mode, x, potential);
        hn::Store(potential, d, c.potential + i);
      }
      drive = hn::MulAdd(hn::Set(d, c.coefficient), potential, drive);
    }
    const auto soma = hn::Load(d, a.soma + i);
    const auto pull = hn::Sub(drive, soma);
    hn::Store(unit_gain ? drive : hn::MulAdd(gain, pull, soma), d, a.lookahead + i);
    hn::Store(hn::MulAdd(step, pull, soma), d, a.soma + i);
  }
}

template <class Real>
void integrate(const IntegrateArgs<Real>& a) {
  if (a.compartments == 1) return integrate_compartments<1>(a);
  if (a.compartments == 2) return integrate_compartments<2>(a);
  integrate_compartments<0>(a);
}

template <class Real>
void copy(const CopyArgs<Real>& a) {
  const Tag<Real> d;
  for (auto pair = a.pairs, end = a.pairs + a.count; pair != end; ++pair) {
    Real* HWY_RESTRICT to = pair->to;
    const Real* HWY_RESTRICT from = pair->from;
    const std::size_t n = pair->n;
    for (std::size_t i = 0; i < n; i += hn::Lanes(d)) hn::Store(hn::Load(d, from + i), d, to + i);
  }
}

template <class Real>
constexpr KernelTable<Real> table() {
  return {activate<Real>,   residual<Real>, sweep<Real>,     lane_sweep<Real>,
          one_to_one<Real>, add_up<Real>,   integrate<Real>, copy<Real>};
}
const KernelTable<float>* float_table() {
  static constexpr KernelTable<float> kTable = table<float>();
  return &kTable;
}
const KernelTable<double>* double_table() {
  static constexpr KernelTable<double> kTable = table<double>();
  return &kTable;
}

}  // namespace HWY_NAMESPACE
}  // namespace apical::rate
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace apical::rate {
HWY_EXPORT(float_table);
HWY_EXPORT(double_table);

template <>
const KernelTable<float>& kernels<float>() {
  return *HWY_DYNAMIC_DISPATCH(float_table)();
}
template <>
const KernelTable<double>& kernels<double>() {
  return *HWY_DYNAMIC_DISPATCH(double_table)();
}

std::vector<std::string> available_targets() {
  // Once: forcing a target changes what Highway calls supported.
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (std::int64_t target : hwy::SupportedAndGeneratedTargets()) all.emplace_back(hwy::TargetName(target));
    return all;
  }();
  return names;
}

std::string current_target() {
  const auto all = hwy::SupportedAndGeneratedTargets();
  return all.empty() ? "none" : hwy::TargetName(all.front());
}

void force_target(const std::string& name) {
  hwy::SetSupportedTargetsForTest(0);
  const auto known = available_targets();
  const auto all = hwy::SupportedAndGeneratedTargets();
  if (!name.empty()) {
    for (std::int64_t target : all) {
      if (name != hwy::TargetName(target)) continue;
      hwy::SetSupportedTargetsForTest(target);
      hwy::GetChosenTarget().Update(hwy::SupportedTargets());
      return;
    }
    throw ConfigError("unknown instruction set '" + name + "'", {}, suggestion(name, known));
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace apical::rate
#endif
