// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/classical_scaling.h"

#include <fmt/format.h>

#include <cmath>

#include "apical/analysis/jacobi.h"
#include "apical/analysis/rdm.h"
#include "apical/core/error.h"

namespace apical {

ScaledPlane classical_scaling(std::span<const double> rdm) {
  const auto stimuli = stimuli_of(rdm.size());
  if (!stimuli) throw DataError(fmt::format("{} entries are no RDM: n stimuli have n(n-1)/2", rdm.size()));
  const std::size_t n = *stimuli;
  Matrix<double> squares(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      const double d = rdm[pair_index(i, j, n)];
      squares(i, j) = squares(j, i) = d * d;
    }
  }
  std::vector<double> row_mean(n, 0.0);
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) row_mean[i] += squares(i, j) / static_cast<double>(n);
    mean += row_mean[i] / static_cast<double>(n);
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j)
      squares(i, j) = -(squares(i, j) - row_mean[i] - row_mean[j] + mean) / 2;
  }
  Eigen eigen = symmetric_eigen(std::move(squares));
  ScaledPlane plane{std::move(eigen.values), Matrix<double>(n, 2), 0};
  double total = 0;
  for (const double value : plane.eigenvalues) total += std::abs(value);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const double value = plane.eigenvalues[axis];
    if (total > 0) plane.share += std::abs(value) / total;
    double extreme = 0;
    for (const double x : eigen.vectors.row(axis)) {
      if (std::abs(x) > std::abs(extreme)) extreme = x;
    }
    const double factor = std::sqrt(std::max(value, 0.0)) * (extreme < 0 ? -1 : 1);
    for (std::size_t i = 0; i < n; ++i) plane.points(i, axis) = factor * eigen.vectors(axis, i);
  }
  return plane;
}

}  // namespace apical
