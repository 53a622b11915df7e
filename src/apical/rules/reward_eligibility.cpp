// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/reward_eligibility.h"

#include <algorithm>
#include <cmath>

namespace apical::recurrent {

RewardEligibility gather_eligibility(const Network& network, const Trial& trial,
                                     const std::vector<Step>& course, const RewardOptions& options,
                                     const std::function<void(std::size_t step, const Vector& mean)>& watch) {
  const std::size_t n = network.units();
  RewardEligibility e{Matrix<double>(n, n), Matrix<double>(n, n)};
  Vector mean(n, 0.0);
  for (std::size_t t = 0; t < course.size(); ++t) {
    const Vector& u = course[t].state;
    for (std::size_t i = 0; i < n; ++i) {
      const double surprise = u[i] - mean[i];
      mean[i] = options.mean_kept * mean[i] + (1 - options.mean_kept) * u[i];
      for (std::size_t j = 0; j < n; ++j) {
        const double r = course[t].z[j];
        if (t >= options.first) {
          const double product = surprise * r;
          e.cubed(i, j) += product * product * product;
        }
        if (trial.push.size() != 0) e.perturbation(i, j) += trial.push(t, i) * r;
      }
    }
    if (watch) watch(t, mean);
  }
  return e;
}

Matrix<double> reward_change(const Matrix<double>& eligibility, double error, double mean_error,
                             const RewardOptions& options) {
  Matrix<double> change(eligibility.rows(), eligibility.cols());
  const double surprise = options.eta * (options.mean_factor ? mean_error : 1) * (error - mean_error);
  for (std::size_t k = 0; k < change.size(); ++k) {
    change.flat()[k] = -std::clamp(surprise * eligibility.flat()[k], -options.limit, options.limit);
  }
  return change;
}

double next_mean_error(double mean_error, double error, const RewardOptions& options) {
  return options.error_kept * mean_error + (1 - options.error_kept) * error;
}

double mean_absolute_error(const std::vector<Step>& course, std::size_t output, double target,
                           std::size_t scored) {
  const std::size_t count = std::min(scored, course.size());
  double sum = 0;
  for (std::size_t t = course.size() - count; t < course.size(); ++t) {
    sum += std::abs(course[t].shown[output] - target);
  }
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

}  // namespace apical::recurrent
