// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/cholesky.h"

#include <fmt/format.h>

#include <cmath>

#include "apical/core/error.h"

namespace apical {

Cholesky::Cholesky(const Matrix<double>& s) : lower_(s.rows(), s.rows()) {
  APICAL_CHECK(s.rows() == s.cols());
  for (std::size_t i = 0; i < s.rows(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = s(i, j);
      for (std::size_t k = 0; k < j; ++k) sum -= lower_(i, k) * lower_(j, k);
      if (i != j) {
        lower_(i, j) = sum / lower_(j, j);
      } else if (sum > 0) {
        lower_(i, i) = std::sqrt(sum);
      } else {
        throw DataError(
            fmt::format("a matrix that has to be positive definite is not: pivot {} is {:.3g}", i, sum));
      }
    }
  }
}

std::vector<double> Cholesky::half_solve(std::span<const double> b) const {
  APICAL_CHECK(b.size() == size());
  std::vector<double> x(b.begin(), b.end());
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) x[i] -= lower_(i, k) * x[k];
    x[i] /= lower_(i, i);
  }
  return x;
}

std::vector<double> Cholesky::solve(std::span<const double> b) const {
  std::vector<double> x = half_solve(b);
  for (std::size_t i = x.size(); i-- > 0;) {
    x[i] /= lower_(i, i);
    for (std::size_t k = 0; k < i; ++k) x[k] -= lower_(i, k) * x[i];
  }
  return x;
}

std::vector<double> Cholesky::colour(std::span<const double> z) const {
  APICAL_CHECK(z.size() == size());
  std::vector<double> x(z.size(), 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t k = 0; k <= i; ++k) x[i] += lower_(i, k) * z[k];
  }
  return x;
}

double Cholesky::log_determinant() const {
  double sum = 0;
  for (std::size_t i = 0; i < size(); ++i) sum += 2 * std::log(lower_(i, i));
  return sum;
}

}  // namespace apical
