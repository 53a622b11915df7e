// SPDX-License-Identifier: Apache-2.0
// Eigenvalues and singular values of small dense matrices by rotations, which find small ones as exactly as
// large ones.
#pragma once

#include <vector>

#include "apical/core/matrix.h"

namespace apical {

struct Eigen {
  std::vector<double> values;  ///< falling
  Matrix<double> vectors;      ///< row k belongs to value k, of length 1
};
/// Of a symmetric matrix (cyclic Jacobi; Golub & Van Loan 2013, 8.5).
Eigen symmetric_eigen(Matrix<double> s);

/// Falling, as many as the shorter side has (one-sided Jacobi; Hestenes 1958).
std::vector<double> singular_values(Matrix<double> a);

/// R of A' = QR for A of r x c: lower triangular in A's terms, A A' = L L' with L of r x min(r, c). Products
/// of tall matrices have the singular values of products of these (Householder).
Matrix<double> row_factor(Matrix<double> a);

}  // namespace apical
