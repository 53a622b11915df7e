// SPDX-License-Identifier: Apache-2.0
// Small dense algebra in double for the closed forms that golden files hold; independent of the library's
// products.
#pragma once

#include <algorithm>
#include <cmath>

#include "apical/layered.h"

namespace apical::golden {

template <class T>
Matrix<double> widened(const Matrix<T>& m) {
  Matrix<double> w(m.rows(), m.cols());
  for (std::size_t i = 0; i < m.size(); ++i) w.flat()[i] = m.flat()[i];
  return w;
}

inline Matrix<double> product(const Matrix<double>& a, const Matrix<double>& b) {
  APICAL_CHECK(a.cols() == b.rows());
  Matrix<double> c(a.rows(), b.cols());
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t k = 0; k < a.cols(); ++k) {
      for (std::size_t j = 0; j < b.cols(); ++j) c(i, j) += a(i, k) * b(k, j);
    }
  }
  return c;
}

/// A^-1 B by elimination with row pivots.
inline Matrix<double> solve(Matrix<double> A, Matrix<double> B) {
  const std::size_t n = A.rows();
  APICAL_CHECK(A.cols() == n && B.rows() == n);
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t r = k + 1; r < n; ++r) {
      if (std::abs(A(r, k)) > std::abs(A(pivot, k))) pivot = r;
    }
    APICAL_CHECK(A(pivot, k) != 0);
    if (pivot != k) {
      std::swap_ranges(A.row(k).begin(), A.row(k).end(), A.row(pivot).begin());
      std::swap_ranges(B.row(k).begin(), B.row(k).end(), B.row(pivot).begin());
    }
    for (std::size_t r = 0; r < n; ++r) {
      if (r == k) continue;
      const double factor = A(r, k) / A(k, k);
      for (std::size_t c = k; c < n; ++c) A(r, c) -= factor * A(k, c);
      for (std::size_t c = 0; c < B.cols(); ++c) B(r, c) -= factor * B(k, c);
    }
  }
  for (std::size_t k = 0; k < n; ++k) {
    for (double& x : B.row(k)) x /= A(k, k);
  }
  return B;
}

}  // namespace apical::golden
