// SPDX-License-Identifier: Apache-2.0
// The element-wise loops that matter for speed, for whatever vector width the machine has; every kernel has a
// scalar twin in `reference`. No kernel sums across elements, so width cannot change a result beyond the
// accuracy of exp.
#pragma once

#include <cstddef>
#include <span>

namespace apical::layered {

/// Constants of one optimiser update; c' = scale c - coupled w, with w the value before the update.
template <class T>
struct UpdateStep {
  T eta{}, scale{1}, coupled{}, keep{1};
  T momentum{}, beta1{}, beta2{}, epsilon{}, correct1{1}, correct2{1};
};

/// w = keep w + eta c'
template <class T>
void sgd_update(const UpdateStep<T>& step, std::span<const T> c, std::span<T> w) noexcept;
/// v = momentum v + c';  w = keep w + eta v
template <class T>
void momentum_update(const UpdateStep<T>& step, std::span<const T> c, std::span<T> v,
                     std::span<T> w) noexcept;
/// m = beta1 m + (1-beta1) c';  v = beta2 v + (1-beta2) c'^2;  w = keep w + eta correct1 m / (sqrt(correct2
/// v) + epsilon)
template <class T>
void adam_update(const UpdateStep<T>& step, std::span<const T> c, std::span<T> m, std::span<T> v,
                 std::span<T> w) noexcept;

/// h = 1/(1 + exp(-a)), h = tanh(a), h = max(a, 0), h = a > 0 ? a : leak a, h = min(max(a, 0), 1). a and h
/// may be the same.
template <class T>
void sigmoid_of(std::span<const T> a, std::span<T> h) noexcept;
template <class T>
void tanh_of(std::span<const T> a, std::span<T> h) noexcept;
template <class T>
void leaky_relu_of(T leak, std::span<const T> a, std::span<T> h) noexcept;
template <class T>
void clip_of(std::span<const T> a, std::span<T> h) noexcept;

/// delta *= f', from the activity h.
template <class T>
void times_sigmoid_derivative(std::span<const T> h, std::span<T> delta) noexcept;
template <class T>
void times_tanh_derivative(std::span<const T> h, std::span<T> delta) noexcept;
template <class T>
void times_leaky_derivative(T leak, std::span<const T> h, std::span<T> delta) noexcept;

/// out = p a + q b; out may be a or b.
template <class T>
void linear_combination(T p, std::span<const T> a, T q, std::span<const T> b, std::span<T> out) noexcept;
/// s = clip(s + step (u - s)) with the result in u.
template <class T>
void clipped_step(T step, std::span<const T> s, std::span<T> u) noexcept;
/// Dendritic input s, and what the teacher adds to it, become bursts b = sigmoid(u) e and what the teacher
/// adds to those. u = s (1-e) - r for events e of logistic units (r may be empty: 0), s / (e + 1e-8), 0 where
/// e is 0, for those of relu. The difference is not found by subtracting bursts: once a sample is nearly
/// right, it is smaller than their last digit.
template <class T>
void logistic_bursts(std::span<const T> e, std::span<const T> r, std::span<T> s,
                     std::span<T> teacher) noexcept;
template <class T>
void relu_bursts(std::span<const T> e, std::span<T> s, std::span<T> teacher) noexcept;
/// to(c, r) = from(r, c) for (rows, cols); rows lie `from_stride` and `to_stride` elements apart. They must
/// not overlap.
template <class T>
void transpose(std::size_t rows, std::size_t cols, const T* from, std::size_t from_stride, T* to,
               std::size_t to_stride) noexcept;

namespace reference {
template <class T>
void sgd_update(const UpdateStep<T>& step, std::span<const T> c, std::span<T> w) noexcept;
template <class T>
void momentum_update(const UpdateStep<T>& step, std::span<const T> c, std::span<T> v,
                     std::span<T> w) noexcept;
template <class T>
void adam_update(const UpdateStep<T>& step, std::span<const T> c, std::span<T> m, std::span<T> v,
                 std::span<T> w) noexcept;
template <class T>
void sigmoid_of(std::span<const T> a, std::span<T> h) noexcept;
template <class T>
void tanh_of(std::span<const T> a, std::span<T> h) noexcept;
template <class T>
void leaky_relu_of(T leak, std::span<const T> a, std::span<T> h) noexcept;
template <class T>
void clip_of(std::span<const T> a, std::span<T> h) noexcept;
template <class T>
void times_sigmoid_derivative(std::span<const T> h, std::span<T> delta) noexcept;
template <class T>
void times_tanh_derivative(std::span<const T> h, std::span<T> delta) noexcept;
template <class T>
void times_leaky_derivative(T leak, std::span<const T> h, std::span<T> delta) noexcept;
template <class T>
void linear_combination(T p, std::span<const T> a, T q, std::span<const T> b, std::span<T> out) noexcept;
template <class T>
void clipped_step(T step, std::span<const T> s, std::span<T> u) noexcept;
template <class T>
void logistic_bursts(std::span<const T> e, std::span<const T> r, std::span<T> s,
                     std::span<T> teacher) noexcept;
template <class T>
void relu_bursts(std::span<const T> e, std::span<T> s, std::span<T> teacher) noexcept;
template <class T>
void transpose(std::size_t rows, std::size_t cols, const T* from, std::size_t from_stride, T* to,
               std::size_t to_stride) noexcept;
}  // namespace reference

}  // namespace apical::layered
