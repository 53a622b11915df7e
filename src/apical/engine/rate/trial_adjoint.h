// SPDX-License-Identifier: Apache-2.0
// Backwards through the steps of a TrialNetwork: the adjoint of its own arithmetic, one step at a time. lu,
// lP and Lc are the adjoints of u, P and of low-passed potentials after the step, a bar marks those before
// it:
//   1. lD = g lP + k lu;  u' = (1-k) lu + (1-g) lP;  P' = 0
//   2. a_c = gamma_c lD + Lc;  low-passed: L'_c = (1-k_c) a_c, then a_c <- k_c a_c
//   3. b_j = a_c times the product of what multiplies j (an added j: of all M; a multiplying one: the sum of
//      added ones and the other M);  dL/dW_j += b_j (x) X_j;  X'_j = W_j^T b_j
//   4. X'_j goes to what step t - d_j showed
//   5. with all of it together and the loss of this step:  q' += e' (y - r), r' -= e' q;  P' += q' phi~'';
//      r' phi' to P' or u'; adjoints of transmitted u and P to themselves
// What steps before the first one showed is constant.
#pragma once

#include <array>
#include <map>

#include "apical/engine/rate/trial_network.h"

namespace apical::rate {

enum class Views {
  tied,    ///< a view shows the same W, its use counts for W
  frozen,  ///< views are constants
};

struct AdjointOptions {
  Views views = Views::tied;
  /// Projections through which nothing passes back.
  std::vector<ProjectionId> cut = {};
  /// Matrices that errors take on their way back instead of a projection's W^T; (pre, post).
  std::map<std::uint32_t, Matrix<double>> back_by = {};
};

/// What the loss of a step says of what the readout shows in it; empty: nothing.
struct LossGradient {
  double loss = 0;
  Vector of_rate, of_potential;  ///< of r(t), of P(t-1)
};

class TrialAdjoint {
 public:
  explicit TrialAdjoint(const TrialNetwork& network, AdjointOptions options = {});

  /// Back through the step with this number, which `step` left behind. `past` are the steps before it, newest
  /// last, as many as there are or the longest delay asks for; `origin` as for TrialNetwork::step().
  /// `readout` must be set if `loss` says anything.
  void back(std::size_t number, const TrialStep& step, std::span<const TrialStep> past,
            const TrialStep& origin, const LossGradient& loss = {}, std::optional<PopulationId> readout = {});

  /// Forgets all adjoints, not the gradients: nothing passes any further back.
  void cut_here();
  /// By projection, all steps so far.
  const std::vector<Matrix<double>>& gradient() const { return gradient_; }
  std::vector<Matrix<double>> take_gradient();
  /// dL/d(rate in the last step gone back through), of externals too.
  const Vector& of_rate(PopulationId p) const { return shown_[p.value][0]; }
  /// dL/d(potentials before that step).
  const Vector& of_soma(PopulationId p) const { return soma_[p.value]; }
  const Vector& of_prospective(PopulationId p) const { return prospective_[p.value]; }

 private:
  using Quantities = std::array<Vector, 5>;  ///< by Quantity
  using Shown = std::vector<Quantities>;     ///< by population
  Shown nothing_shown() const;

  const TrialNetwork& network_;
  AdjointOptions options_;
  std::vector<bool> cut_;
  std::vector<Vector> soma_, prospective_;
  std::vector<std::vector<Vector>> low_passed_;
  std::map<std::size_t, Shown> later_;  ///< by step: adjoints that later steps sent to it
  Shown shown_;
  std::vector<Matrix<double>> gradient_;
};

}  // namespace apical::rate
