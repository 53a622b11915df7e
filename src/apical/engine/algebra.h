// SPDX-License-Identifier: Apache-2.0
// Products of small matrices with vectors, in plain loops with one order of sums.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "apical/core/matrix.h"

namespace apical::plain {

using Vector = std::vector<double>;

/// x . y in eight partial sums that are folded at the end, so that the compiler may use vectors.
inline double dot(std::span<const double> x, std::span<const double> y) {
  constexpr std::size_t kLanes = 8;
  double sums[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= x.size(); i += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) sums[l] += x[i + l] * y[i + l];
  }
  double rest = 0;
  for (; i < x.size(); ++i) rest += x[i] * y[i];
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest;
}

/// y += a x
inline void add_scaled(std::span<double> y, double a, std::span<const double> x) {
  for (std::size_t i = 0; i < x.size(); ++i) y[i] += a * x[i];
}

/// A x, of the first x.size() columns of A.
inline Vector product(const Matrix<double>& A, std::span<const double> x) {
  Vector y(A.rows());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = dot(A.row(i).first(x.size()), x);
  return y;
}

/// A^T x, of the first `columns` columns of A.
inline Vector transposed_product(const Matrix<double>& A, std::span<const double> x, std::size_t columns) {
  Vector y(columns, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] != 0) add_scaled(y, x[i], A.row(i).first(columns));
  }
  return y;
}
inline Vector transposed_product(const Matrix<double>& A, std::span<const double> x) {
  return transposed_product(A, x, A.cols());
}

/// A += x (x) y
inline void add_outer(Matrix<double>& A, std::span<const double> x, std::span<const double> y) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] != 0) add_scaled(A.row(i), x[i], y);
  }
}

}  // namespace apical::plain
