// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/jacobi.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "apical/analysis/dot.h"
#include "apical/core/error.h"

namespace apical {
namespace {

constexpr int kMostSweeps = 60;  // convergence is quadratic: ten or so are usual
constexpr double kRounding = std::numeric_limits<double>::epsilon();

struct Rotation {
  double cos = 1, sin = 0;
};
/// The smaller angle that makes [[a, c], [c, b]] diagonal.
Rotation diagonalising(double a, double b, double c) {
  const double tau = (b - a) / (2 * c);
  const double t = (tau >= 0 ? 1.0 : -1.0) / (std::abs(tau) + std::sqrt(1 + tau * tau));
  const double cos = 1 / std::sqrt(1 + t * t);
  return {cos, t * cos};
}
void rotate(std::span<double> x, std::span<double> y, Rotation r) {
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double old = x[k];
    x[k] = r.cos * old - r.sin * y[k];
    y[k] = r.sin * old + r.cos * y[k];
  }
}

Matrix<double> transposed(const Matrix<double>& a) {
  Matrix<double> t(a.cols(), a.rows());
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.cols(); ++j) t(j, i) = a(i, j);
  }
  return t;
}

}  // namespace

Eigen symmetric_eigen(Matrix<double> s) {
  APICAL_CHECK(s.rows() == s.cols());
  const std::size_t n = s.rows();
  Matrix<double> vectors(n, n);
  for (std::size_t i = 0; i < n; ++i) vectors(i, i) = 1;
  const double size = std::sqrt(dot(s.flat(), s.flat()));
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool rotated = false;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = i + 1; j < n; ++j) {
        if (std::abs(s(i, j)) <= 0.01 * kRounding * size / static_cast<double>(n)) continue;
        rotated = true;
        const Rotation r = diagonalising(s(i, i), s(j, j), s(i, j));
        rotate(s.row(i), s.row(j), r);
        for (std::size_t k = 0; k < n; ++k) {
          const double old = s(k, i);
          s(k, i) = r.cos * old - r.sin * s(k, j);
          s(k, j) = r.sin * old + r.cos * s(k, j);
        }
        rotate(vectors.row(i), vectors.row(j), r);
      }
    }
    if (!rotated) break;
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return s(a, a) > s(b, b); });
  Eigen found{{}, Matrix<double>(n, n)};
  for (std::size_t k = 0; k < n; ++k) {
    found.values.push_back(s(order[k], order[k]));
    std::copy_n(vectors.row(order[k]).begin(), n, found.vectors.row(k).begin());
  }
  return found;
}

std::vector<double> singular_values(Matrix<double> a) {
  if (a.rows() > a.cols()) a = transposed(a);
  // Rows are turned until all are orthogonal; their lengths are the singular values.
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool rotated = false;
    for (std::size_t i = 0; i < a.rows(); ++i) {
      for (std::size_t j = i + 1; j < a.rows(); ++j) {
        const double both = dot(a.row(i), a.row(j)), first = dot(a.row(i), a.row(i)),
                     second = dot(a.row(j), a.row(j));
        if (std::abs(both) <= kRounding * std::sqrt(first * second)) continue;
        rotated = true;
        rotate(a.row(i), a.row(j), diagonalising(first, second, both));
      }
    }
    if (!rotated) break;
  }
  std::vector<double> values;
  for (std::size_t i = 0; i < a.rows(); ++i) values.push_back(std::sqrt(dot(a.row(i), a.row(i))));
  std::sort(values.rbegin(), values.rend());
  return values;
}

Matrix<double> row_factor(Matrix<double> a) {
  const std::size_t r = a.rows(), c = a.cols(), steps = std::min(r, c);
  // A row at a time is reflected onto the axis that is its own; the reflection is applied to the rows below.
  std::vector<double> mirror(c);
  for (std::size_t k = 0; k < steps; ++k) {
    const std::span<double> rest = a.row(k).subspan(k);
    const double length = std::sqrt(dot(rest, rest));
    if (length == 0) continue;
    const double onto = rest[0] > 0 ? -length : length;
    std::copy(rest.begin(), rest.end(), mirror.begin());
    mirror[0] -= onto;
    const std::span<const double> v(mirror.data(), rest.size());
    const double square = dot(v, v);
    for (std::size_t i = k; i < r; ++i) {
      const std::span<double> row = a.row(i).subspan(k);
      const double along = 2 * dot(v, row) / square;
      for (std::size_t j = 0; j < v.size(); ++j) row[j] -= along * v[j];
    }
  }
  Matrix<double> factor(r, steps);
  for (std::size_t i = 0; i < r; ++i) {
    for (std::size_t j = 0; j < std::min(i + 1, steps); ++j) factor(i, j) = a(i, j);
  }
  return factor;
}

}  // namespace apical
