// SPDX-License-Identifier: Apache-2.0
// A global reward alone, after the trial (three factors): eligibility is gathered while the network runs
// under random pushes xi of its potentials, and the reward's surprise turns it into change.
//   Miconi (eLife 2017), u potentials, r = tanh u, J the recurrent weights, from step `first` on:
//     d_i = u_i - mean_i, then mean <- a mean + (1 - a) u;  e_ij += (d_i r_j(t-1))^3
//   node perturbation (Fiete & Seung 2006):  e_ij += xi_i r_j(t-1)
//   J -= clip(eta Rm e (R - Rm), +-limit);  then Rm <- b Rm + (1 - b) R, R the trial's error
// As xi enters beside J r, sum_t dL/dxi_i(t) r_j(t-1) is dL/dJ, so the mean of (L - L0) e is sigma^2 dL/dJ
// for small xi.
#pragma once

#include <functional>

#include "apical/engine/recurrent/network.h"

namespace apical::recurrent {

struct RewardOptions {
  double mean_kept = 0.05;  ///< a
  std::size_t first = 3;    ///< step from which eligibility is gathered
  double eta = 0.1;
  double limit = 3e-4;       ///< of each change
  double error_kept = 0.75;  ///< b
  bool mean_factor = true;   ///< Rm in the change, as the released program has it
};

struct RewardEligibility {
  Matrix<double> cubed, perturbation;  ///< e of the two rules, n x n
};

/// `watch` is shown the running mean of the potentials after each step.
RewardEligibility gather_eligibility(
    const Network& network, const Trial& trial, const std::vector<Step>& course, const RewardOptions& options,
    const std::function<void(std::size_t step, const Vector& mean)>& watch = {});

/// The change of J, downhill.
Matrix<double> reward_change(const Matrix<double>& eligibility, double error, double mean_error,
                             const RewardOptions& options);

/// Rm after a trial with this error.
double next_mean_error(double mean_error, double error, const RewardOptions& options);

/// R: mean |o_output - target| over the last `scored` steps.
double mean_absolute_error(const std::vector<Step>& course, std::size_t output, double target,
                           std::size_t scored);

}  // namespace apical::recurrent
