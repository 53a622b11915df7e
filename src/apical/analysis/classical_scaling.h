// SPDX-License-Identifier: Apache-2.0
// Dissimilarities as distances between points of a plane (classical multidimensional scaling; Torgerson
// 1952).
#pragma once

#include <span>
#include <vector>

#include "apical/core/matrix.h"

namespace apical {

struct ScaledPlane {
  std::vector<double> eigenvalues;  ///< all, falling; negative ones if no space has these distances
  Matrix<double> points;            ///< stimuli x 2; on each axis the largest entry by size is positive
  double share = 0;                 ///< of the two largest in the sum of |eigenvalues|
};
/// Eigenvectors of -½ H (D∘D) H, H = I - 11'/n, scaled by the roots of their eigenvalues. `rdm`: entries of n
/// stimuli, n of at least 2. DataError if they are no RDM.
ScaledPlane classical_scaling(std::span<const double> rdm);

}  // namespace apical
