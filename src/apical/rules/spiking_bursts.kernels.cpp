// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/spiking_burst_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "apical/rules/spiking_bursts.kernels.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace apical::layered::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// kVectors vectors from i stay in registers while all rows pass.
template <int kVectors, class D, class T = hn::TFromD<D>>
HWY_INLINE void add_to_block(D d, T keep, T factor, const T* of, std::size_t stride,
                             const std::uint32_t* rows, std::size_t count, T* to) {
  const std::size_t n = hn::Lanes(d);
  const auto decay = hn::Set(d, keep), f = hn::Set(d, factor);
  auto v0 = hn::Mul(hn::LoadU(d, to), decay), v1 = v0, v2 = v0, v3 = v0;
  if constexpr (kVectors == 4) {
    v1 = hn::Mul(hn::LoadU(d, to + n), decay);
    v2 = hn::Mul(hn::LoadU(d, to + 2 * n), decay);
    v3 = hn::Mul(hn::LoadU(d, to + 3 * n), decay);
  }
  for (std::size_t k = 0; k < count; ++k) {
    const T* row = of + rows[k] * stride;
    // Not MulAdd: product and sum are rounded one by one.
    v0 = hn::Add(v0, hn::Mul(hn::LoadU(d, row), f));
    if constexpr (kVectors == 4) {
      v1 = hn::Add(v1, hn::Mul(hn::LoadU(d, row + n), f));
      v2 = hn::Add(v2, hn::Mul(hn::LoadU(d, row + 2 * n), f));
      v3 = hn::Add(v3, hn::Mul(hn::LoadU(d, row + 3 * n), f));
    }
  }
  hn::StoreU(v0, d, to);
  if constexpr (kVectors == 4) {
    hn::StoreU(v1, d, to + n);
    hn::StoreU(v2, d, to + 2 * n);
    hn::StoreU(v3, d, to + 3 * n);
  }
}

template <class T>
void add_rows(T keep, T factor, const T* of, std::size_t stride, const std::uint32_t* rows, std::size_t count,
              T* to, std::size_t n) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes)
    add_to_block<4>(d, keep, factor, of + i, stride, rows, count, to + i);
  for (; i + lanes <= n; i += lanes) add_to_block<1>(d, keep, factor, of + i, stride, rows, count, to + i);
  for (; i < n; ++i) add_to_block<1>(one, keep, factor, of + i, stride, rows, count, to + i);
}

/// Which lanes of one vector from i have an event is appended to `events` by index.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE std::size_t count_vector(D d, std::size_t i, const T* potential, const T* offset, T maximum, T dt,
                                    std::size_t pause, T* rate, T* phase, StepsLeft<T>* rest,
                                    std::uint32_t* events, std::size_t found) {
  const hn::RebindToUnsigned<D> du;
  const auto one = hn::Set(d, T(1));
  const auto x = hn::Add(hn::LoadU(d, potential + i), hn::LoadU(d, offset + i));
  // As sigmoid_of has it.
  const auto e = hn::Exp(d, hn::Neg(hn::Abs(x)));
  const auto likely = hn::Div(one, hn::Add(one, e));
  const auto share = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(e, likely), likely);
  const auto lambda = hn::Mul(share, hn::Set(d, maximum));
  hn::StoreU(lambda, d, rate + i);
  const auto left = hn::LoadU(du, rest + i);
  const auto awake = hn::Eq(left, hn::Zero(du));
  const auto counts = hn::RebindMask(d, awake);
  const auto counted = hn::Add(hn::LoadU(d, phase + i), hn::Mul(lambda, hn::Set(d, dt)));
  const auto over = hn::And(counts, hn::Ge(counted, one));
  hn::StoreU(
      hn::IfThenElse(counts, hn::IfThenElse(over, hn::Sub(counted, one), counted), hn::LoadU(d, phase + i)),
      d, phase + i);
  const auto less = hn::Sub(left, hn::IfThenElseZero(hn::Not(awake), hn::Set(du, StepsLeft<T>(1))));
  hn::StoreU(hn::IfThenElse(hn::RebindMask(du, over), hn::Set(du, static_cast<StepsLeft<T>>(pause)), less),
             du, rest + i);
  if (hn::AllFalse(d, over)) return found;
  std::uint8_t bits[8 + HWY_MAX_BYTES] = {};
  hn::StoreMaskBits(d, over, bits);
  for (std::size_t lane = 0; lane < hn::Lanes(d); ++lane) {
    if ((bits[lane / 8] >> (lane % 8) & 1) != 0) events[found++] = static_cast<std::uint32_t>(i + lane);
  }
  return found;
}

template <class T>
std::size_t count(const T* potential, const T* offset, T maximum, T dt, std::size_t pause, T* rate, T* phase,
                  StepsLeft<T>* rest, std::uint32_t* events, std::size_t n) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  std::size_t i = 0, found = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
    found = count_vector(d, i, potential, offset, maximum, dt, pause, rate, phase, rest, events, found);
  for (; i < n; ++i)
    found = count_vector(one, i, potential, offset, maximum, dt, pause, rate, phase, rest, events, found);
  return found;
}

void add_rows_f(float keep, float factor, const float* of, std::size_t stride, const std::uint32_t* rows,
                std::size_t count, float* to, std::size_t n) {
  add_rows(keep, factor, of, stride, rows, count, to, n);
}
void add_rows_d(double keep, double factor, const double* of, std::size_t stride, const std::uint32_t* rows,
                std::size_t count, double* to, std::size_t n) {
  add_rows(keep, factor, of, stride, rows, count, to, n);
}
std::size_t count_f(const float* potential, const float* offset, float maximum, float dt, std::size_t pause,
                    float* rate, float* phase, std::uint32_t* rest, std::uint32_t* events, std::size_t n) {
  return count(potential, offset, maximum, dt, pause, rate, phase, rest, events, n);
}
std::size_t count_d(const double* potential, const double* offset, double maximum, double dt,
                    std::size_t pause, double* rate, double* phase, std::uint64_t* rest,
                    std::uint32_t* events, std::size_t n) {
  return count(potential, offset, maximum, dt, pause, rate, phase, rest, events, n);
}

}  // namespace
}  // namespace apical::layered::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cmath>

#include "apical/engine/layered/elementwise.h"

namespace apical::layered {
namespace {
HWY_EXPORT(add_rows_f);
HWY_EXPORT(add_rows_d);
HWY_EXPORT(count_f);
HWY_EXPORT(count_d);
}  // namespace

template <class T>
void decay_and_add_rows(std::type_identity_t<T> keep, std::type_identity_t<T> factor, MatrixView<const T> of,
                        std::span<const std::uint32_t> rows, std::span<T> to) noexcept {
  if constexpr (sizeof(T) == 4) {
    HWY_DYNAMIC_DISPATCH(add_rows_f)
    (keep, factor, of.data(), of.stride(), rows.data(), rows.size(), to.data(), to.size());
  } else {
    HWY_DYNAMIC_DISPATCH(add_rows_d)
    (keep, factor, of.data(), of.stride(), rows.data(), rows.size(), to.data(), to.size());
  }
}

template <class T>
void count_up(const RegularUnits<T>& u, std::type_identity_t<T> maximum, std::type_identity_t<T> dt,
              std::size_t pause, std::vector<std::uint32_t>& events) {
  const std::size_t n = u.phase.size();
  events.resize(n);
  std::size_t found = 0;
  if constexpr (sizeof(T) == 4) {
    found = HWY_DYNAMIC_DISPATCH(count_f)(u.potential.data(), u.offset.data(), maximum, dt, pause,
                                          u.rate.data(), u.phase.data(), u.rest.data(), events.data(), n);
  } else {
    found = HWY_DYNAMIC_DISPATCH(count_d)(u.potential.data(), u.offset.data(), maximum, dt, pause,
                                          u.rate.data(), u.phase.data(), u.rest.data(), events.data(), n);
  }
  events.resize(found);
}

namespace reference {
template <class T>
void decay_and_add_rows(std::type_identity_t<T> keep, std::type_identity_t<T> factor, MatrixView<const T> of,
                        std::span<const std::uint32_t> rows, std::span<T> to) noexcept {
  for (T& v : to) v *= keep;
  for (const std::uint32_t j : rows) {
    const auto w = of.row(j);
    for (std::size_t i = 0; i < w.size(); ++i) to[i] += w[i] * factor;
  }
}
template <class T>
void count_up(const RegularUnits<T>& u, std::type_identity_t<T> maximum, std::type_identity_t<T> dt,
              std::size_t pause, std::vector<std::uint32_t>& events) {
  const std::size_t n = u.phase.size();
  events.clear();
  for (std::size_t i = 0; i < n; ++i) u.rate[i] = u.potential[i] + u.offset[i];
  activate<T>(Activation::sigmoid, u.rate, u.rate);
  for (std::size_t i = 0; i < n; ++i) {
    u.rate[i] *= maximum;
    if (u.rest[i] > 0) {
      --u.rest[i];
      continue;
    }
    u.phase[i] += u.rate[i] * dt;
    if (u.phase[i] < T(1)) continue;
    u.phase[i] -= T(1);
    u.rest[i] = static_cast<StepsLeft<T>>(pause);
    events.push_back(static_cast<std::uint32_t>(i));
  }
}
}  // namespace reference

#define APICAL_INSTANTIATE_IN(T, SCOPE)                                                                \
  template void SCOPE decay_and_add_rows<T>(T, T, MatrixView<const T>, std::span<const std::uint32_t>, \
                                            std::span<T>) noexcept;                                    \
  template void SCOPE count_up<T>(const RegularUnits<T>&, T, T, std::size_t, std::vector<std::uint32_t>&);
APICAL_INSTANTIATE_IN(float, )
APICAL_INSTANTIATE_IN(double, )
APICAL_INSTANTIATE_IN(float, reference::)
APICAL_INSTANTIATE_IN(double, reference::)
#undef APICAL_INSTANTIATE_IN

}  // namespace apical::layered
#endif
