// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/plain_pass.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "apical/engine/rate/plain_pass.kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace apical::rate {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class Real>
void pass(Real* HWY_RESTRICT w, std::size_t n, Real a, Real b) {
  const hn::CappedTag<Real, 16> d;
  const auto factor = hn::Set(d, a), offset = hn::Set(d, b);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d))
    hn::Store(hn::MulAdd(hn::Load(d, w + i), factor, offset), d, w + i);
}

template <class Real>
Real read(const Real* HWY_RESTRICT w, std::size_t n) {
  const hn::CappedTag<Real, 16> d;
  constexpr std::size_t kN = hn::MaxLanes(hn::CappedTag<Real, 16>());
  auto even = hn::Zero(d), odd = hn::Zero(d);
  std::size_t i = 0;
  for (; i + 2 * kN <= n; i += 2 * kN) {
    even = hn::Add(even, hn::Load(d, w + i));
    odd = hn::Add(odd, hn::Load(d, w + i + kN));
  }
  for (; i < n; i += kN) even = hn::Add(even, hn::Load(d, w + i));
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd)));
}

void float_pass(float* w, std::size_t n, float a, float b) { pass(w, n, a, b); }
void double_pass(double* w, std::size_t n, double a, double b) { pass(w, n, a, b); }
float float_read(const float* w, std::size_t n) { return read(w, n); }
double double_read(const double* w, std::size_t n) { return read(w, n); }

}  // namespace HWY_NAMESPACE
}  // namespace apical::rate
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace apical::rate {
HWY_EXPORT(float_pass);
HWY_EXPORT(double_pass);
HWY_EXPORT(float_read);
HWY_EXPORT(double_read);

template <>
void plain_pass<float>(float* w, std::size_t n, float a, float b) {
  HWY_DYNAMIC_DISPATCH(float_pass)(w, n, a, b);
}
template <>
void plain_pass<double>(double* w, std::size_t n, double a, double b) {
  HWY_DYNAMIC_DISPATCH(double_pass)(w, n, a, b);
}
template <>
float plain_read<float>(const float* w, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(float_read)(w, n);
}
template <>
double plain_read<double>(const double* w, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(double_read)(w, n);
}
}  // namespace apical::rate
#endif
