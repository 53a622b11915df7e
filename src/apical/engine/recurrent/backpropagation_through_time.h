// SPDX-License-Identifier: Apache-2.0
// The exact gradient of a trial's loss, backwards from its last step (backpropagation through time):
//   lambda_t = J_{t+1}^T lambda_{t+1} + slope_t o V^T e_t,   dL/dth = sum_t (reach_t o lambda_t) (x) z_t
// With a horizon K the error of step t reaches what th did in the steps t ... t-K+1 only, each error by a
// pass of its own: the gradient is exact for K >= T and 0 for K = 0.
#pragma once

#include <optional>

#include "apical/engine/recurrent/network.h"

namespace apical::recurrent {

struct ThroughTime {
  Gradient gradient;
  Vector of_start;                          ///< dL/d(state before the first step)
  std::vector<Matrix<double>> by_use = {};  ///< on request: what the use of th in each step contributes
};

struct ThroughTimeOptions {
  std::optional<std::size_t> horizon = {};  ///< K, steps
  bool by_step_of_use = false;
};

ThroughTime backpropagate(const Network& network, const std::vector<Step>& course,
                          const ThroughTimeOptions& options = {});

}  // namespace apical::recurrent
