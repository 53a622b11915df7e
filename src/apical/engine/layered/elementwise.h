// SPDX-License-Identifier: Apache-2.0
// What happens to one number at a time: activation functions and their derivatives.
//   linear x; relu max(x, 0); leaky relu x or leak x; sigmoid 1/(1+exp(-x)); tanh; hard sigmoid clip(x, 0,
//   1); softmax over the units of a layer.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "apical/core/matrix.h"
#include "apical/engine/layered/workers.h"

namespace apical::layered {

/// An activation function; `leak` is the slope of a leaky relu for negative input and unused otherwise.
struct Activation {
  enum Kind { linear, relu, leaky_relu, sigmoid, tanh, hard_sigmoid, softmax };
  Kind kind = linear;
  double leak = 0.1;
  constexpr Activation() = default;
  constexpr Activation(Kind k, double leak_slope = 0.1) : kind(k), leak(leak_slope) {}
  bool operator==(const Activation&) const = default;
  /// Largest |f'|.
  double steepest() const;
};

/// "linear", "relu", "leaky_relu", "sigmoid", "tanh", "hard_sigmoid", "softmax".
std::string activation_name(Activation::Kind kind);
/// Throws ConfigError with the nearest known name.
Activation::Kind activation_from_name(std::string_view name);

/// h = f(a); the spans may be the same. Not for softmax.
template <class T>
void activate(Activation f, std::span<const std::type_identity_t<T>> a, std::span<T> h) noexcept;

/// h = f(a), row by row, softmax included; a and h may be the same.
template <class T>
void activate(const Workers& workers, Activation f, MatrixView<const std::type_identity_t<T>> a,
              MatrixView<T> h);

/// delta *= f'(a), where f' is computed from the activity h = f(a). relu'(0) = 0; at both ends of a hard
/// sigmoid 0. Softmax has no element-wise derivative: the caller must not ask (APICAL_CHECK).
template <class T>
void times_derivative(const Workers& workers, Activation f, MatrixView<const std::type_identity_t<T>> h,
                      MatrixView<T> delta);

/// x = value everywhere.
template <class T>
void fill(MatrixView<T> x, std::type_identity_t<T> value) {
  for (std::size_t r = 0; r < x.rows(); ++r) std::fill(x.row(r).begin(), x.row(r).end(), value);
}
template <class T>
void copy(MatrixView<const std::type_identity_t<T>> from, MatrixView<T> to) {
  APICAL_DCHECK(from.rows() == to.rows() && from.cols() == to.cols());
  for (std::size_t r = 0; r < to.rows(); ++r)
    std::copy(from.row(r).begin(), from.row(r).end(), to.row(r).begin());
}

/// out = p a + q b; out may be a or b.
template <class T>
void blend(const Workers& workers, std::type_identity_t<T> p, MatrixView<const std::type_identity_t<T>> a,
           std::type_identity_t<T> q, MatrixView<const std::type_identity_t<T>> b, MatrixView<T> out);

/// out(n, i) = f(out(n, i), in(n, i)) for all elements, for whatever has no kernel of its own.
template <class T, class F>
void combine(const Workers& workers, MatrixView<T> out, MatrixView<const std::type_identity_t<T>> in, F&& f) {
  APICAL_DCHECK(out.rows() == in.rows() && out.cols() == in.cols());
  workers.run_ranges(out.rows(), 16, [&](std::size_t first, std::size_t last) {
    for (std::size_t n = first; n < last; ++n) {
      T* o = out.row(n).data();
      const T* x = in.row(n).data();
      for (std::size_t i = 0; i < out.cols(); ++i) o[i] = f(o[i], x[i]);
    }
  });
}

}  // namespace apical::layered
