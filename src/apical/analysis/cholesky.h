// SPDX-License-Identifier: Apache-2.0
// A symmetric positive definite matrix S = L L', and what follows from it.
#pragma once

#include <span>
#include <vector>

#include "apical/core/matrix.h"

namespace apical {

class Cholesky {
 public:
  /// DataError if S is not positive definite.
  explicit Cholesky(const Matrix<double>& s);
  std::size_t size() const { return lower_.rows(); }
  /// S⁻¹ b.
  std::vector<double> solve(std::span<const double> b) const;
  /// L⁻¹ b; its squared length is b' S⁻¹ b.
  std::vector<double> half_solve(std::span<const double> b) const;
  /// L z: of covariance S if z is white.
  std::vector<double> colour(std::span<const double> z) const;
  double log_determinant() const;

 private:
  Matrix<double> lower_;
};

}  // namespace apical
