// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/kernels.h"

#include <cmath>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "apical/engine/layered/kernels.kernels.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace apical::layered::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// f(d, i, n): whole vectors from i, then the rest one element at a time with the same operations on a 1-lane
/// vector.
template <class T, class F>
HWY_INLINE void for_vectors(std::size_t n, F&& f) {
  const hn::ScalableTag<T> d;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) f(d, i);
  const hn::CappedTag<T, 1> one;
  for (; i < n; ++i) f(one, i);
}

template <class T>
void sgd(const UpdateStep<T>& s, const T* c, T* w, std::size_t n) {
  for_vectors<T>(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto value = hn::LoadU(d, w + i);
    const auto credit =
        hn::NegMulAdd(hn::Set(d, s.coupled), value, hn::Mul(hn::Set(d, s.scale), hn::LoadU(d, c + i)));
    hn::StoreU(hn::MulAdd(hn::Set(d, s.eta), credit, hn::Mul(hn::Set(d, s.keep), value)), d, w + i);
  });
}

template <class T>
void momentum(const UpdateStep<T>& s, const T* c, T* v, T* w, std::size_t n) {
  for_vectors<T>(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto value = hn::LoadU(d, w + i);
    const auto credit =
        hn::NegMulAdd(hn::Set(d, s.coupled), value, hn::Mul(hn::Set(d, s.scale), hn::LoadU(d, c + i)));
    const auto velocity = hn::MulAdd(hn::Set(d, s.momentum), hn::LoadU(d, v + i), credit);
    hn::StoreU(velocity, d, v + i);
    hn::StoreU(hn::MulAdd(hn::Set(d, s.eta), velocity, hn::Mul(hn::Set(d, s.keep), value)), d, w + i);
  });
}

template <class T>
void adam(const UpdateStep<T>& s, const T* c, T* m, T* v, T* w, std::size_t n) {
  for_vectors<T>(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto value = hn::LoadU(d, w + i);
    const auto credit =
        hn::NegMulAdd(hn::Set(d, s.coupled), value, hn::Mul(hn::Set(d, s.scale), hn::LoadU(d, c + i)));
    const auto first =
        hn::MulAdd(hn::Set(d, s.beta1), hn::LoadU(d, m + i), hn::Mul(hn::Set(d, T(1) - s.beta1), credit));
    const auto second = hn::MulAdd(hn::Set(d, s.beta2), hn::LoadU(d, v + i),
                                   hn::Mul(hn::Set(d, T(1) - s.beta2), hn::Mul(credit, credit)));
    hn::StoreU(first, d, m + i);
    hn::StoreU(second, d, v + i);
    const auto denominator =
        hn::Add(hn::Sqrt(hn::Mul(hn::Set(d, s.correct2), second)), hn::Set(d, s.epsilon));
    const auto move = hn::Div(hn::Mul(hn::Set(d, s.correct1), first), denominator);
    hn::StoreU(hn::MulAdd(hn::Set(d, s.eta), move, hn::Mul(hn::Set(d, s.keep), value)), d, w + i);
  });
}

template <class V>
struct Odds {
  V p, q;
};

/// p = 1/(1 + e^-x) and q = 1 - p, each to its own last digit, from e^-|x|, which cannot overflow.
template <class D, class V>
HWY_INLINE Odds<V> logistic_odds(D d, V x) {
  const auto one = hn::Set(d, hn::TFromD<D>(1));
  const auto e = hn::Exp(d, hn::Neg(hn::Abs(x)));
  const auto likely = hn::Div(one, hn::Add(one, e)), unlikely = hn::Mul(e, likely);
  const auto negative = hn::Lt(x, hn::Zero(d));
  return {hn::IfThenElse(negative, unlikely, likely), hn::IfThenElse(negative, likely, unlikely)};
}

template <class D, class V>
HWY_INLINE V logistic(D d, V x) {
  return logistic_odds(d, x).p;
}

template <class T>
void sigmoid(const T* a, T* h, std::size_t n) {
  for_vectors<T>(
      n, [&](auto d, std::size_t i) HWY_ATTR { hn::StoreU(logistic(d, hn::LoadU(d, a + i)), d, h + i); });
}

template <class T>
void tanh(const T* a, T* h, std::size_t n) {
  for_vectors<T>(
      n, [&](auto d, std::size_t i) HWY_ATTR { hn::StoreU(hn::Tanh(d, hn::LoadU(d, a + i)), d, h + i); });
}

template <class T>
void leaky_relu(T leak, const T* a, T* h, std::size_t n) {
  for_vectors<T>(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto x = hn::LoadU(d, a + i);
    hn::StoreU(hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(hn::Set(d, leak), x)), d, h + i);
  });
}

template <class T>
void clip(const T* a, T* h, std::size_t n) {
  for_vectors<T>(n, [&](auto d, std::size_t i) HWY_ATTR {
    hn::StoreU(hn::Min(hn::Max(hn::LoadU(d, a + i), hn::Zero(d)), hn::Set(d, T(1))), d, h + i);
  });
}

template <class T>
void sigmoid_derivative(const T* h, T* delta, std::size_t n) {
  for_vectors<T>(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto x = hn::LoadU(d, h + i);
    hn::StoreU(hn::Mul(hn::LoadU(d, delta + i), hn::Mul(x, hn::Sub(hn::Set(d, T(1)), x))), d, delta + i);
  });
}

template <class T>
void tanh_derivative(const T* h, T* delta, std::size_t n) {
  for_vectors<T>(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto x = hn::LoadU(d, h + i);
    hn::StoreU(hn::Mul(hn::LoadU(d, delta + i), hn::NegMulAdd(x, x, hn::Set(d, T(1)))), d, delta + i);
  });
}

template <class T>
void leaky_derivative(T leak, const T* h, T* delta, std::size_t n) {
  for_vectors<T>(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto x = hn::LoadU(d, delta + i);
    const auto active = hn::Gt(hn::LoadU(d, h + i), hn::Zero(d));
    hn::StoreU(hn::IfThenElse(active, x, hn::Mul(hn::Set(d, leak), x)), d, delta + i);
  });
}

template <class T>
void combination(T p, const T* a, T q, const T* b, T* out, std::size_t n) {
  for_vectors<T>(n, [&](auto d, std::size_t i) HWY_ATTR {
    hn::StoreU(hn::MulAdd(hn::Set(d, q), hn::LoadU(d, b + i), hn::Mul(hn::Set(d, p), hn::LoadU(d, a + i))), d,
               out + i);
  });
}

template <class T>
void clipped(T step, const T* s, T* u, std::size_t n) {
  for_vectors<T>(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto old = hn::LoadU(d, s + i);
    const auto moved = hn::MulAdd(hn::Set(d, step), hn::Sub(hn::LoadU(d, u + i), old), old);
    hn::StoreU(hn::Min(hn::Max(moved, hn::Zero(d)), hn::Set(d, T(1))), d, u + i);
  });
}

/// gain(d, e): what a dendritic input is multiplied with in a unit with events e; r: recurrent input, or
/// null.
template <class T, class F>
HWY_INLINE void bursts(const T* e, const T* r, T* s, T* teacher, std::size_t n, F&& gain) {
  for_vectors<T>(n, [&](auto d, std::size_t i) HWY_ATTR {
    const auto one = hn::Set(d, T(1));
    const auto rate = hn::LoadU(d, e + i), g = gain(d, rate);
    const auto recurrent = r == nullptr ? hn::Zero(d) : hn::LoadU(d, r + i);
    const auto u = hn::MulSub(hn::LoadU(d, s + i), g, recurrent),
               change = hn::Mul(hn::LoadU(d, teacher + i), g);
    const auto [p, q] = logistic_odds(d, u);
    const auto m = hn::Neg(hn::Expm1(d, hn::Neg(hn::Min(hn::Max(change, hn::Neg(one)), one))));
    const auto small = hn::Div(hn::Mul(hn::Mul(p, q), m), hn::MulAdd(hn::Sub(one, m), q, p));
    const auto taught = logistic_odds(d, hn::Add(u, change));
    const auto large = hn::IfThenElse(hn::Lt(u, hn::Zero(d)), hn::Sub(taught.p, p), hn::Sub(q, taught.q));
    hn::StoreU(hn::Mul(p, rate), d, s + i);
    hn::StoreU(hn::Mul(rate, hn::IfThenElse(hn::Lt(hn::Abs(change), one), small, large)), d, teacher + i);
  });
}

template <class T>
void bursts_of_logistic(const T* e, const T* r, T* s, T* teacher, std::size_t n) {
  bursts(e, r, s, teacher, n, [](auto d, auto rate) HWY_ATTR { return hn::Sub(hn::Set(d, T(1)), rate); });
}

template <class T>
void bursts_of_relu(const T* e, T* s, T* teacher, std::size_t n) {
  bursts(e, static_cast<const T*>(nullptr), s, teacher, n, [](auto d, auto rate) HWY_ATTR {
    const auto inverse = hn::Div(hn::Set(d, T(1)), hn::Add(rate, hn::Set(d, T(1e-8))));
    return hn::IfThenElseZero(hn::Gt(rate, hn::Zero(d)), inverse);
  });
}

#if HWY_TARGET == HWY_SCALAR  // has no vectors to interleave
template <class T>
void transposed(std::size_t rows, std::size_t cols, const T* from, std::size_t from_stride, T* to,
                std::size_t to_stride) {
  for (std::size_t c = 0; c < cols; ++c) {
    for (std::size_t r = 0; r < rows; ++r) to[c * to_stride + r] = from[r * from_stride + c];
  }
}
#else
/// One block of as many rows as a 128-bit vector has lanes, four (float) or two (double).
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void transpose_block(D d, const T* from, std::size_t from_stride, T* to, std::size_t to_stride) {
  const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + from_stride);
  if constexpr (sizeof(T) == 8) {
    hn::StoreU(hn::InterleaveLower(d, r0, r1), d, to);
    hn::StoreU(hn::InterleaveUpper(d, r0, r1), d, to + to_stride);
  } else {
    const auto r2 = hn::LoadU(d, from + 2 * from_stride), r3 = hn::LoadU(d, from + 3 * from_stride);
    const auto lower02 = hn::InterleaveLower(d, r0, r2), lower13 = hn::InterleaveLower(d, r1, r3);
    const auto upper02 = hn::InterleaveUpper(d, r0, r2), upper13 = hn::InterleaveUpper(d, r1, r3);
    hn::StoreU(hn::InterleaveLower(d, lower02, lower13), d, to);
    hn::StoreU(hn::InterleaveUpper(d, lower02, lower13), d, to + to_stride);
    hn::StoreU(hn::InterleaveLower(d, upper02, upper13), d, to + 2 * to_stride);
    hn::StoreU(hn::InterleaveUpper(d, upper02, upper13), d, to + 3 * to_stride);
  }
}

template <class T>
void transposed(std::size_t rows, std::size_t cols, const T* from, std::size_t from_stride, T* to,
                std::size_t to_stride) {
  const hn::FixedTag<T, 16 / sizeof(T)> d;
  constexpr std::size_t n = 16 / sizeof(T);
  const std::size_t whole_rows = rows / n * n, whole_cols = cols / n * n;
  for (std::size_t c = 0; c < whole_cols; c += n) {
    for (std::size_t r = 0; r < whole_rows; r += n)
      transpose_block(d, from + r * from_stride + c, from_stride, to + c * to_stride + r, to_stride);
  }
  for (std::size_t c = 0; c < cols; ++c) {
    for (std::size_t r = c < whole_cols ? whole_rows : 0; r < rows; ++r)
      to[c * to_stride + r] = from[r * from_stride + c];
  }
}
#endif

// Export tables want plain functions, one per element type.
#define APICAL_BOTH(name, parameters, arguments)             \
  void name##_f parameters(float) { name<float> arguments; } \
  void name##_d parameters(double) { name<double> arguments; }
#define APICAL_UPDATE1(T) (const UpdateStep<T>& s, const T* c, T* w, std::size_t n)
#define APICAL_UPDATE2(T) (const UpdateStep<T>& s, const T* c, T* v, T* w, std::size_t n)
#define APICAL_UPDATE3(T) (const UpdateStep<T>& s, const T* c, T* m, T* v, T* w, std::size_t n)
#define APICAL_MAP(T) (const T* a, T* h, std::size_t n)
#define APICAL_MAP_LEAK(T) (T leak, const T* a, T* h, std::size_t n)
#define APICAL_TRANSPOSE(T) \
  (std::size_t r, std::size_t c, const T* from, std::size_t fs, T* to, std::size_t ts)
#define APICAL_COMBINATION(T) (T p, const T* a, T q, const T* b, T* h, std::size_t n)
#define APICAL_BURSTS(T) (const T* e, const T* r, T* s, T* t, std::size_t n)
#define APICAL_BURSTS_RELU(T) (const T* e, T* s, T* t, std::size_t n)
APICAL_BOTH(sgd, APICAL_UPDATE1, (s, c, w, n))
APICAL_BOTH(momentum, APICAL_UPDATE2, (s, c, v, w, n))
APICAL_BOTH(adam, APICAL_UPDATE3, (s, c, m, v, w, n))
APICAL_BOTH(sigmoid, APICAL_MAP, (a, h, n))
APICAL_BOTH(tanh, APICAL_MAP, (a, h, n))
APICAL_BOTH(leaky_relu, APICAL_MAP_LEAK, (leak, a, h, n))
APICAL_BOTH(clip, APICAL_MAP, (a, h, n))
APICAL_BOTH(sigmoid_derivative, APICAL_MAP, (a, h, n))
APICAL_BOTH(tanh_derivative, APICAL_MAP, (a, h, n))
APICAL_BOTH(leaky_derivative, APICAL_MAP_LEAK, (leak, a, h, n))
APICAL_BOTH(combination, APICAL_COMBINATION, (p, a, q, b, h, n))
APICAL_BOTH(clipped, APICAL_MAP_LEAK, (leak, a, h, n))
APICAL_BOTH(bursts_of_logistic, APICAL_BURSTS, (e, r, s, t, n))
APICAL_BOTH(bursts_of_relu, APICAL_BURSTS_RELU, (e, s, t, n))
APICAL_BOTH(transposed, APICAL_TRANSPOSE, (r, c, from, fs, to, ts))

}  // namespace
}  // namespace apical::layered::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace apical::layered {

// Chooses the float or double entry of a dispatch table.
#define APICAL_DISPATCH(name, ...)               \
  if constexpr (sizeof(T) == sizeof(float)) {    \
    HWY_DYNAMIC_DISPATCH(name##_f)(__VA_ARGS__); \
  } else {                                       \
    HWY_DYNAMIC_DISPATCH(name##_d)(__VA_ARGS__); \
  }
#define APICAL_EXPORT(name) \
  HWY_EXPORT(name##_f);     \
  HWY_EXPORT(name##_d);
namespace {
APICAL_EXPORT(sgd)
APICAL_EXPORT(momentum)
APICAL_EXPORT(adam)
APICAL_EXPORT(sigmoid)
APICAL_EXPORT(tanh)
APICAL_EXPORT(leaky_relu)
APICAL_EXPORT(clip)
APICAL_EXPORT(sigmoid_derivative)
APICAL_EXPORT(tanh_derivative)
APICAL_EXPORT(leaky_derivative)
APICAL_EXPORT(combination)
APICAL_EXPORT(clipped)
APICAL_EXPORT(bursts_of_logistic)
APICAL_EXPORT(bursts_of_relu)
APICAL_EXPORT(transposed)
}  // namespace

template <class T>
void sgd_update(const UpdateStep<T>& step, std::span<const T> c, std::span<T> w) noexcept {
  APICAL_DISPATCH(sgd, step, c.data(), w.data(), w.size())
}
template <class T>
void momentum_update(const UpdateStep<T>& step, std::span<const T> c, std::span<T> v,
                     std::span<T> w) noexcept {
  APICAL_DISPATCH(momentum, step, c.data(), v.data(), w.data(), w.size())
}
template <class T>
void adam_update(const UpdateStep<T>& step, std::span<const T> c, std::span<T> m, std::span<T> v,
                 std::span<T> w) noexcept {
  APICAL_DISPATCH(adam, step, c.data(), m.data(), v.data(), w.data(), w.size())
}
template <class T>
void sigmoid_of(std::span<const T> a, std::span<T> h) noexcept {
  APICAL_DISPATCH(sigmoid, a.data(), h.data(), h.size())
}
template <class T>
void tanh_of(std::span<const T> a, std::span<T> h) noexcept {
  APICAL_DISPATCH(tanh, a.data(), h.data(), h.size())
}
template <class T>
void leaky_relu_of(T leak, std::span<const T> a, std::span<T> h) noexcept {
  APICAL_DISPATCH(leaky_relu, leak, a.data(), h.data(), h.size())
}
template <class T>
void clip_of(std::span<const T> a, std::span<T> h) noexcept {
  APICAL_DISPATCH(clip, a.data(), h.data(), h.size())
}
template <class T>
void times_sigmoid_derivative(std::span<const T> h, std::span<T> delta) noexcept {
  APICAL_DISPATCH(sigmoid_derivative, h.data(), delta.data(), h.size())
}
template <class T>
void times_tanh_derivative(std::span<const T> h, std::span<T> delta) noexcept {
  APICAL_DISPATCH(tanh_derivative, h.data(), delta.data(), h.size())
}
template <class T>
void times_leaky_derivative(T leak, std::span<const T> h, std::span<T> delta) noexcept {
  APICAL_DISPATCH(leaky_derivative, leak, h.data(), delta.data(), h.size())
}
template <class T>
void linear_combination(T p, std::span<const T> a, T q, std::span<const T> b, std::span<T> out) noexcept {
  APICAL_DISPATCH(combination, p, a.data(), q, b.data(), out.data(), out.size())
}
template <class T>
void clipped_step(T step, std::span<const T> s, std::span<T> u) noexcept {
  APICAL_DISPATCH(clipped, step, s.data(), u.data(), u.size())
}
template <class T>
void logistic_bursts(std::span<const T> e, std::span<const T> r, std::span<T> s,
                     std::span<T> teacher) noexcept {
  APICAL_DISPATCH(bursts_of_logistic, e.data(), r.data(), s.data(), teacher.data(), e.size())
}
template <class T>
void relu_bursts(std::span<const T> e, std::span<T> s, std::span<T> teacher) noexcept {
  APICAL_DISPATCH(bursts_of_relu, e.data(), s.data(), teacher.data(), e.size())
}
template <class T>
void transpose(std::size_t rows, std::size_t cols, const T* from, std::size_t from_stride, T* to,
               std::size_t to_stride) noexcept {
  APICAL_DISPATCH(transposed, rows, cols, from, from_stride, to, to_stride)
}

namespace reference {
template <class T>
void sgd_update(const UpdateStep<T>& s, std::span<const T> c, std::span<T> w) noexcept {
  for (std::size_t i = 0; i < w.size(); ++i)
    w[i] = s.keep * w[i] + s.eta * (s.scale * c[i] - s.coupled * w[i]);
}
template <class T>
void momentum_update(const UpdateStep<T>& s, std::span<const T> c, std::span<T> v, std::span<T> w) noexcept {
  for (std::size_t i = 0; i < w.size(); ++i) {
    v[i] = s.momentum * v[i] + (s.scale * c[i] - s.coupled * w[i]);
    w[i] = s.keep * w[i] + s.eta * v[i];
  }
}
template <class T>
void adam_update(const UpdateStep<T>& s, std::span<const T> c, std::span<T> m, std::span<T> v,
                 std::span<T> w) noexcept {
  for (std::size_t i = 0; i < w.size(); ++i) {
    const T credit = s.scale * c[i] - s.coupled * w[i];
    m[i] = s.beta1 * m[i] + (1 - s.beta1) * credit;
    v[i] = s.beta2 * v[i] + (1 - s.beta2) * credit * credit;
    w[i] = s.keep * w[i] + s.eta * (s.correct1 * m[i]) / (std::sqrt(s.correct2 * v[i]) + s.epsilon);
  }
}
template <class T>
void sigmoid_of(std::span<const T> a, std::span<T> h) noexcept {
  for (std::size_t i = 0; i < h.size(); ++i) h[i] = T(1) / (T(1) + std::exp(-a[i]));
}
template <class T>
void tanh_of(std::span<const T> a, std::span<T> h) noexcept {
  for (std::size_t i = 0; i < h.size(); ++i) h[i] = std::tanh(a[i]);
}
template <class T>
void leaky_relu_of(T leak, std::span<const T> a, std::span<T> h) noexcept {
  for (std::size_t i = 0; i < h.size(); ++i) h[i] = a[i] > 0 ? a[i] : leak * a[i];
}
template <class T>
void clip_of(std::span<const T> a, std::span<T> h) noexcept {
  for (std::size_t i = 0; i < h.size(); ++i) h[i] = std::fmin(std::fmax(a[i], T(0)), T(1));
}
template <class T>
void times_sigmoid_derivative(std::span<const T> h, std::span<T> delta) noexcept {
  for (std::size_t i = 0; i < h.size(); ++i) delta[i] *= h[i] * (T(1) - h[i]);
}
template <class T>
void times_tanh_derivative(std::span<const T> h, std::span<T> delta) noexcept {
  for (std::size_t i = 0; i < h.size(); ++i) delta[i] *= T(1) - h[i] * h[i];
}
template <class T>
void times_leaky_derivative(T leak, std::span<const T> h, std::span<T> delta) noexcept {
  for (std::size_t i = 0; i < h.size(); ++i) delta[i] = h[i] > 0 ? delta[i] : leak * delta[i];
}
template <class T>
void linear_combination(T p, std::span<const T> a, T q, std::span<const T> b, std::span<T> out) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = p * a[i] + q * b[i];
}
template <class T>
void clipped_step(T step, std::span<const T> s, std::span<T> u) noexcept {
  for (std::size_t i = 0; i < u.size(); ++i)
    u[i] = std::fmin(std::fmax(s[i] + step * (u[i] - s[i]), T(0)), T(1));
}
template <class T>
T logistic(T u) {
  return T(1) / (T(1) + std::exp(-u));
}
// logistic(u + change) - logistic(u), as exact for small changes and saturated dendrites as for others.
template <class T>
T logistic_change(T u, T change) {
  const T p = logistic(u), q = logistic(-u);
  if (!(std::abs(change) < T(1))) return u < 0 ? logistic(u + change) - p : q - logistic(-u - change);
  const T m = -std::expm1(-change);
  return p * q * m / ((T(1) - m) * q + p);
}
template <class T>
void logistic_bursts(std::span<const T> e, std::span<const T> r, std::span<T> s,
                     std::span<T> teacher) noexcept {
  for (std::size_t i = 0; i < e.size(); ++i) {
    const T gain = T(1) - e[i], u = s[i] * gain - (r.empty() ? T(0) : r[i]);
    s[i] = e[i] * logistic(u);
    teacher[i] = e[i] * logistic_change(u, teacher[i] * gain);
  }
}
template <class T>
void relu_bursts(std::span<const T> e, std::span<T> s, std::span<T> teacher) noexcept {
  for (std::size_t i = 0; i < e.size(); ++i) {
    const T gain = e[i] > 0 ? T(1) / (e[i] + T(1e-8)) : T(0), u = s[i] * gain;
    s[i] = e[i] * logistic(u);
    teacher[i] = e[i] * logistic_change(u, teacher[i] * gain);
  }
}
template <class T>
void transpose(std::size_t rows, std::size_t cols, const T* from, std::size_t from_stride, T* to,
               std::size_t to_stride) noexcept {
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c) to[c * to_stride + r] = from[r * from_stride + c];
  }
}
}  // namespace reference

#define APICAL_INSTANTIATE_IN(T, SCOPE)                                                                    \
  template void SCOPE sgd_update<T>(const UpdateStep<T>&, std::span<const T>, std::span<T>) noexcept;      \
  template void SCOPE momentum_update<T>(const UpdateStep<T>&, std::span<const T>, std::span<T>,           \
                                         std::span<T>) noexcept;                                           \
  template void SCOPE adam_update<T>(const UpdateStep<T>&, std::span<const T>, std::span<T>, std::span<T>, \
                                     std::span<T>) noexcept;                                               \
  template void SCOPE sigmoid_of<T>(std::span<const T>, std::span<T>) noexcept;                            \
  template void SCOPE tanh_of<T>(std::span<const T>, std::span<T>) noexcept;                               \
  template void SCOPE leaky_relu_of<T>(T, std::span<const T>, std::span<T>) noexcept;                      \
  template void SCOPE clip_of<T>(std::span<const T>, std::span<T>) noexcept;                               \
  template void SCOPE times_sigmoid_derivative<T>(std::span<const T>, std::span<T>) noexcept;              \
  template void SCOPE times_tanh_derivative<T>(std::span<const T>, std::span<T>) noexcept;                 \
  template void SCOPE times_leaky_derivative<T>(T, std::span<const T>, std::span<T>) noexcept;             \
  template void SCOPE linear_combination<T>(T, std::span<const T>, T, std::span<const T>,                  \
                                            std::span<T>) noexcept;                                        \
  template void SCOPE clipped_step<T>(T, std::span<const T>, std::span<T>) noexcept;                       \
  template void SCOPE logistic_bursts<T>(std::span<const T>, std::span<const T>, std::span<T>,             \
                                         std::span<T>) noexcept;                                           \
  template void SCOPE relu_bursts<T>(std::span<const T>, std::span<T>, std::span<T>) noexcept;             \
  template void SCOPE transpose<T>(std::size_t, std::size_t, const T*, std::size_t, T*, std::size_t) noexcept;
APICAL_INSTANTIATE_IN(float, )
APICAL_INSTANTIATE_IN(double, )
APICAL_INSTANTIATE_IN(float, reference::)
APICAL_INSTANTIATE_IN(double, reference::)
#undef APICAL_INSTANTIATE_IN

}  // namespace apical::layered
#endif
