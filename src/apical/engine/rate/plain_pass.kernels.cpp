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
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) hn::Store(hn::MulAdd(hn::Load(d, w + i), factor, offset), d, w + i);
}
void float_pass(float* w, std::size_t n, float a, float b) { pass(w, n, a, b); }
void double_pass(double* w, std::size_t n, double a, double b) { pass(w, n, a, b); }

}  // namespace HWY_NAMESPACE
}  // namespace apical::rate
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace apical::rate {
HWY_EXPORT(float_pass);
HWY_EXPORT(double_pass);

template <>
void plain_pass<float>(float* w, std::size_t n, float a, float b) {
  HWY_DYNAMIC_DISPATCH(float_pass)(w, n, a, b);
}
template <>
void plain_pass<double>(double* w, std::size_t n, double a, double b) {
  HWY_DYNAMIC_DISPATCH(double_pass)(w, n, a, b);
}
}  // namespace apical::rate
#endif
