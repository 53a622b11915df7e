// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/elementwise.h"

#include <array>
#include <cmath>

#include "apical/engine/layered/kernels.h"

namespace apical::layered {
namespace {

constexpr std::size_t kRowsPerPart = 16;

constexpr std::array<std::string_view, 7> kActivationWords{"linear", "relu",         "leaky_relu", "sigmoid",
                                                           "tanh",   "hard_sigmoid", "softmax"};

template <class T>
void softmax_row(std::span<const T> a, std::span<T> h) noexcept {
  T largest = a[0];
  for (const T x : a) largest = std::max(largest, x);
  T sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += h[i] = std::exp(a[i] - largest);
  for (T& x : h) x /= sum;
}

}  // namespace

double Activation::steepest() const {
  switch (kind) {
    case sigmoid:
      return 0.25;
    case leaky_relu:
      return std::max(1.0, std::abs(leak));
    default:
      return 1.0;
  }
}

std::string activation_name(Activation::Kind kind) {
  return std::string(kActivationWords[static_cast<std::size_t>(kind)]);
}

Activation::Kind activation_from_name(std::string_view name) {
  for (std::size_t k = 0; k < kActivationWords.size(); ++k) {
    if (kActivationWords[k] == name) return static_cast<Activation::Kind>(k);
  }
  throw ConfigError(
      "unknown activation '" + std::string(name) + "'", {},
      suggestion(name, std::vector<std::string>(kActivationWords.begin(), kActivationWords.end())));
}

template <class T>
void activate(Activation f, std::span<const std::type_identity_t<T>> a, std::span<T> h) noexcept {
  switch (f.kind) {
    case Activation::linear:
      if (a.data() != h.data()) std::copy(a.begin(), a.end(), h.begin());
      break;
    case Activation::relu:
      leaky_relu_of<T>(T(0), a, h);
      break;
    case Activation::leaky_relu:
      leaky_relu_of<T>(static_cast<T>(f.leak), a, h);
      break;
    case Activation::sigmoid:
      sigmoid_of<T>(a, h);
      break;
    case Activation::tanh:
      tanh_of<T>(a, h);
      break;
    case Activation::hard_sigmoid:
      clip_of<T>(a, h);
      break;
    case Activation::softmax:
      softmax_row<T>(a, h);
      break;
  }
}

template <class T>
void activate(const Workers& workers, Activation f, MatrixView<const std::type_identity_t<T>> a,
              MatrixView<T> h) {
  APICAL_CHECK(a.rows() == h.rows() && a.cols() == h.cols());
  workers.run_ranges(h.rows(), kRowsPerPart, [&](std::size_t first, std::size_t last) {
    for (std::size_t n = first; n < last; ++n) activate<T>(f, a.row(n), h.row(n));
  });
}

template <class T>
void times_derivative(const Workers& workers, Activation f, MatrixView<const std::type_identity_t<T>> h,
                      MatrixView<T> delta) {
  APICAL_CHECK(f.kind != Activation::softmax);
  const auto by_rows = [&](auto&& kernel) {
    workers.run_ranges(h.rows(), kRowsPerPart, [&](std::size_t first, std::size_t last) {
      for (std::size_t n = first; n < last; ++n) kernel(h.row(n), delta.row(n));
    });
  };
  switch (f.kind) {
    case Activation::linear:
    case Activation::softmax:
      return;
    case Activation::relu:
    case Activation::leaky_relu: {
      const T leak = f.kind == Activation::relu ? T(0) : static_cast<T>(f.leak);
      return by_rows([leak](std::span<const T> x, std::span<T> d) { times_leaky_derivative<T>(leak, x, d); });
    }
    case Activation::sigmoid:
      return by_rows(&times_sigmoid_derivative<T>);
    case Activation::tanh:
      return by_rows(&times_tanh_derivative<T>);
    case Activation::hard_sigmoid:
      return combine(workers, delta, h, [](T d, T x) { return x > 0 && x < 1 ? d : T(0); });
  }
}

template <class T>
void blend(const Workers& workers, std::type_identity_t<T> p, MatrixView<const std::type_identity_t<T>> a,
           std::type_identity_t<T> q, MatrixView<const std::type_identity_t<T>> b, MatrixView<T> out) {
  APICAL_CHECK(a.rows() == out.rows() && a.cols() == out.cols() && b.rows() == out.rows() &&
               b.cols() == out.cols());
  workers.run_ranges(out.rows(), kRowsPerPart, [&](std::size_t first, std::size_t last) {
    for (std::size_t n = first; n < last; ++n) linear_combination<T>(p, a.row(n), q, b.row(n), out.row(n));
  });
}

template void blend<float>(const Workers&, float, MatrixView<const float>, float, MatrixView<const float>,
                           MatrixView<float>);
template void blend<double>(const Workers&, double, MatrixView<const double>, double,
                            MatrixView<const double>, MatrixView<double>);
template void activate<float>(Activation, std::span<const float>, std::span<float>) noexcept;
template void activate<double>(Activation, std::span<const double>, std::span<double>) noexcept;
template void activate<float>(const Workers&, Activation, MatrixView<const float>, MatrixView<float>);
template void activate<double>(const Workers&, Activation, MatrixView<const double>, MatrixView<double>);
template void times_derivative<float>(const Workers&, Activation, MatrixView<const float>, MatrixView<float>);
template void times_derivative<double>(const Workers&, Activation, MatrixView<const double>,
                                       MatrixView<double>);

}  // namespace apical::layered
