// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "apical/engine/rate/formula_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "apical/engine/rate/formula.kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace apical::rate {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using formula::Operation;

template <class Real>
using FormulaTag = hn::CappedTag<Real, kBlock>;

/// Values per stretch: results stay in the first cache.
constexpr std::size_t kStretch = 256;

/// Where an operand's values are: at + (i & mask); one neuron's block repeats.
template <class Real>
struct Values {
  const Real* at;
  std::size_t mask;
};
constexpr std::size_t kRepeats = kBlock - 1, kGoesOn = ~std::size_t{0};

template <class Real, class F>
HWY_INLINE void each(std::size_t n, Real* to, Values<Real> x, Values<Real> y, F&& f) {
  const FormulaTag<Real> d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d))
    hn::Store(f(d, hn::Load(d, x.at + (i & x.mask)), hn::Load(d, y.at + (i & y.mask))), d, to + i);
}

// Not-a-number stays what it is, in all of these.

template <class D, class V>
HWY_INLINE V exponential(D d, V x) {
  using T = hn::TFromD<D>;
  const V limit = hn::Set(d, sizeof(T) == 4 ? T(88.7) : T(706));  // of Highway's; beyond it is infinite
  const V inside = hn::Exp(d, hn::Min(x, limit));
  const V e = hn::IfThenElse(hn::Gt(x, limit), hn::Set(d, std::numeric_limits<T>::infinity()), inside);
  return hn::IfThenElse(hn::Eq(x, x), e, x);
}

template <class D, class V>
HWY_INLINE V logarithm(D d, V x) {
  using T = hn::TFromD<D>;
  const V infinity = hn::Set(d, std::numeric_limits<T>::infinity()), zero = hn::Zero(d);
  const auto usual = hn::And(hn::Gt(x, zero), hn::Lt(x, infinity));
  const V inside = hn::Log(d, hn::IfThenElse(usual, x, hn::Set(d, T(1))));
  const V below =
      hn::IfThenElse(hn::Eq(x, zero), hn::Neg(infinity), hn::Set(d, std::numeric_limits<T>::quiet_NaN()));
  const V beyond = hn::IfThenElse(hn::Eq(x, infinity), x, below);
  return hn::IfThenElse(usual, inside, beyond);
}

template <class D, class V>
HWY_INLINE V whole_power(D d, V x, std::int32_t exponent) {
  V power = hn::Set(d, hn::TFromD<D>(1)), square = x;
  for (std::uint32_t n = static_cast<std::uint32_t>(exponent < 0 ? -exponent : exponent);;) {
    if (n & 1U) power = hn::Mul(power, square);
    n >>= 1U;
    if (n == 0) break;
    square = hn::Mul(square, square);
  }
  return exponent < 0 ? hn::Div(hn::Set(d, hn::TFromD<D>(1)), power) : power;
}

template <class Real>
HWY_INLINE void do_step(const FormulaStep& step, std::size_t n, Real* to, Values<Real> x, Values<Real> y) {
  switch (step.operation) {
    case Operation::add:
      return each(n, to, x, y, [](auto, auto a, auto b) { return hn::Add(a, b); });
    case Operation::subtract:
      return each(n, to, x, y, [](auto, auto a, auto b) { return hn::Sub(a, b); });
    case Operation::multiply:
      return each(n, to, x, y, [](auto, auto a, auto b) { return hn::Mul(a, b); });
    case Operation::divide:
      return each(n, to, x, y, [](auto, auto a, auto b) { return hn::Div(a, b); });
    case Operation::power:
      if (step.whole_power != 0) {
        return each(n, to, x, y, [&](auto d, auto a, auto) { return whole_power(d, a, step.whole_power); });
      }
      for (std::size_t i = 0; i < n; ++i) to[i] = std::pow(x.at[i & x.mask], y.at[i & y.mask]);
      return;
    case Operation::min:
      return each(n, to, x, y, [](auto, auto a, auto b) {
        return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::Ne(a, a)), a, b);
      });
    case Operation::max:
      return each(n, to, x, y, [](auto, auto a, auto b) {
        return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::Ne(a, a)), a, b);
      });
    case Operation::negate:
      return each(n, to, x, y, [](auto, auto a, auto) { return hn::Neg(a); });
    case Operation::exp:
      return each(n, to, x, y, [](auto d, auto a, auto) { return exponential(d, a); });
    case Operation::log:
      return each(n, to, x, y, [](auto d, auto a, auto) { return logarithm(d, a); });
    case Operation::tanh:
      return each(n, to, x, y,
                  [](auto d, auto a, auto) { return hn::IfThenElse(hn::Eq(a, a), hn::Tanh(d, a), a); });
    case Operation::sqrt:
      return each(n, to, x, y, [](auto, auto a, auto) { return hn::Sqrt(a); });
    case Operation::abs:
      return each(n, to, x, y, [](auto, auto a, auto) { return hn::Abs(a); });
    case Operation::relu:
      return each(n, to, x, y, [](auto d, auto a, auto) {
        return hn::IfThenElse(hn::Lt(a, hn::Zero(d)), hn::Zero(d), a);
      });
    case Operation::step:
      return each(n, to, x, y, [](auto d, auto a, auto) {
        const auto one = hn::Set(d, hn::TFromD<decltype(d)>(1));
        return hn::IfThenElse(hn::Gt(a, hn::Zero(d)), one, hn::IfThenElse(hn::Eq(a, a), hn::Zero(d), a));
      });
    case Operation::number:
    case Operation::local:
      return;  // no steps
  }
}

/// The `here` values from `at` on get what was computed; synapses that do not exist, and the padding of rows,
/// stay what they are.
template <class Real>
HWY_INLINE void put(const FormulaArgs<Real>& a, std::size_t at, std::size_t here, Values<Real> change) {
  const FormulaTag<Real> d;
  const auto rate = hn::Set(d, a.rate), zero = hn::Zero(d);
  for (std::size_t i = 0; i < here; i += hn::Lanes(d)) {
    const auto by = hn::Load(d, change.at + (i & change.mask));
    Real* const to = (a.add_to ? a.add_to : a.out) + at + i;
    const auto before = a.add_to ? hn::Load(d, to) : zero;
    auto after = a.add_to ? hn::Add(before, hn::Mul(rate, by)) : by;
    if (a.mask) after = hn::IfThenElse(hn::Eq(hn::Load(d, a.mask + at + i), zero), before, after);
    if (i + hn::Lanes(d) > here) after = hn::IfThenElse(hn::FirstN(d, here - i), after, before);
    hn::Store(after, d, to);
  }
}

template <class Real>
void evaluate(const FormulaArgs<Real>& args) {
  using Input = FormulaInput<Real>;
  using Lies = typename Input::Lies;
  const FormulaArgs<Real> a = args;
  const FormulaTag<Real> d;
  HWY_ALIGN Real results[kFormulaResults][kStretch];
  HWY_ALIGN Real of_row[kFormulaInputs][kBlock];
  for (std::size_t row = a.first_row; row < a.first_row + a.rows; ++row) {
    for (std::size_t k = 0; k < a.input_count && !a.lanes; ++k) {
      if (a.inputs[k].lies != Lies::of_row) continue;
      const auto value = hn::Set(d, a.inputs[k].values[row]);
      for (std::size_t i = 0; i < kBlock; i += hn::Lanes(d)) hn::Store(value, d, of_row[k] + i);
    }
    for (std::size_t at = 0; at < a.inner; at += kStretch) {
      const auto values = [&](FormulaOperand o) -> Values<Real> {
        if (o.kind == FormulaOperand::Kind::number) return {a.numbers + o.index * kBlock, kRepeats};
        if (o.kind == FormulaOperand::Kind::result) return {results[o.index], kGoesOn};
        const Input& input = a.inputs[o.index];
        if (input.lies == Lies::along) return {input.values + at, kGoesOn};
        if (input.lies == Lies::synapses) return {input.values + row * a.stride + at, kGoesOn};
        return {a.lanes ? input.values + row * kLanes : of_row[o.index], kRepeats};
      };
      const std::size_t here = a.inner - at < kStretch ? a.inner - at : kStretch;
      for (std::size_t k = 0; k < a.count; ++k) {
        const FormulaStep& step = a.steps[k];
        do_step(step, round_up_block(here), results[step.result], values(step.left), values(step.right));
      }
      put(a, row * a.stride + at, here, values(a.result));
    }
  }
}

FormulaKernel<float> float_evaluate() { return evaluate<float>; }
FormulaKernel<double> double_evaluate() { return evaluate<double>; }

}  // namespace HWY_NAMESPACE
}  // namespace apical::rate
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace apical::rate {
HWY_EXPORT(float_evaluate);
HWY_EXPORT(double_evaluate);

template <>
FormulaKernel<float> formula_kernel<float>() {
  return HWY_DYNAMIC_DISPATCH(float_evaluate)();
}
template <>
FormulaKernel<double> formula_kernel<double>() {
  return HWY_DYNAMIC_DISPATCH(double_evaluate)();
}

}  // namespace apical::rate
#endif
