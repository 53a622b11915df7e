// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/pattern_similarity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "apical/analysis/dot.h"
#include "apical/analysis/jacobi.h"
#include "apical/core/error.h"

namespace apical {
namespace {

void require_same_stimuli(MatrixView<const double> x, MatrixView<const double> y, std::size_t at_least) {
  if (x.rows() != y.rows() || x.rows() < at_least) {
    throw DataError(fmt::format("activity for {} and for {} stimuli; expected the same stimuli, {} or more",
                                x.rows(), y.rows(), at_least));
  }
}

Matrix<double> centred(MatrixView<const double> x) {
  Matrix<double> c(x.rows(), x.cols());
  for (std::size_t k = 0; k < x.cols(); ++k) {
    double mean = 0;
    for (std::size_t i = 0; i < x.rows(); ++i) mean += x(i, k);
    mean /= static_cast<double>(x.rows());
    for (std::size_t i = 0; i < x.rows(); ++i) c(i, k) = x(i, k) - mean;
  }
  return c;
}

Matrix<double> gram(MatrixView<const double> x) {
  Matrix<double> k(x.rows(), x.rows());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) k(i, j) = k(j, i) = dot(x.row(i), x.row(j));
  }
  return k;
}

[[noreturn]] void constant() {
  throw DataError("activity is the same for all stimuli, so it has no similarity to any other");
}

/// Without diagonal, and its sum.
struct Hollow {
  Matrix<double> k;
  std::vector<double> row_sums;
  double sum = 0;
};
Hollow hollow(MatrixView<const double> x) {
  Hollow h{gram(x), {}, 0};
  for (std::size_t i = 0; i < h.k.rows(); ++i) {
    h.k(i, i) = 0;
    h.row_sums.push_back(std::accumulate(h.k.row(i).begin(), h.k.row(i).end(), 0.0));
    h.sum += h.row_sums.back();
  }
  return h;
}

double unbiased_hsic(const Hollow& k, const Hollow& l) {
  const auto n = static_cast<double>(k.k.rows());
  return (dot(k.k.flat(), l.k.flat()) + k.sum * l.sum / ((n - 1) * (n - 2)) -
          2 / (n - 2) * dot(k.row_sums, l.row_sums)) /
         (n * (n - 3));
}

/// Lower triangular, with the same products between stimuli, of Frobenius norm 1.
Matrix<double> shape_of(MatrixView<const double> x) {
  Matrix<double> factor = row_factor(centred(x));
  const double length = std::sqrt(dot(factor.flat(), factor.flat()));
  if (!(length > 0)) constant();
  for (double& v : factor.flat()) v /= length;
  return factor;
}

}  // namespace

double cka(MatrixView<const double> x, MatrixView<const double> y) {
  require_same_stimuli(x, y, 2);
  const Matrix<double> k = gram(centred(x).view()), l = gram(centred(y).view());
  const double lengths = std::sqrt(dot(k.flat(), k.flat()) * dot(l.flat(), l.flat()));
  if (!(lengths > 0)) constant();
  return dot(k.flat(), l.flat()) / lengths;
}

double debiased_cka(MatrixView<const double> x, MatrixView<const double> y) {
  require_same_stimuli(x, y, 4);
  // H does not change if columns are shifted, but its digits do.
  const Hollow k = hollow(centred(x).view()), l = hollow(centred(y).view());
  const double own_k = unbiased_hsic(k, k), own_l = unbiased_hsic(l, l);
  if (!(own_k > 0) || !(own_l > 0)) return std::numeric_limits<double>::quiet_NaN();
  return unbiased_hsic(k, l) / std::sqrt(own_k * own_l);
}

Procrustes procrustes(MatrixView<const double> x, MatrixView<const double> y) {
  require_same_stimuli(x, y, 2);
  // X = A Q with orthonormal rows of Q, so X'Y has the singular values of A'B.
  const Matrix<double> a = shape_of(x), b = shape_of(y);
  Matrix<double> product(a.cols(), b.cols());
  for (std::size_t s = 0; s < a.rows(); ++s) {
    for (std::size_t i = 0; i < a.cols(); ++i) {
      for (std::size_t j = 0; j < b.cols(); ++j) product(i, j) += a(s, i) * b(s, j);
    }
  }
  const std::vector<double> values = singular_values(std::move(product));
  const double s = std::min(1.0, std::accumulate(values.begin(), values.end(), 0.0));
  return {s, std::acos(s), std::sqrt(2 - 2 * s)};
}

}  // namespace apical
