// SPDX-License-Identifier: Apache-2.0
// A recurrent network of integrate-and-fire neurons with (ALIF) or without (LIF, beta = 0) adaptive threshold
// and a leaky readout (Bellec et al., Nature Communications 2020, Methods). Step t, z and a on the right
// those of t-1:
//   a <- rho a + z;  v <- alpha v + c_in (W z + U x_t) - v_th z;  A = v_th + beta a;  z = [v > A]
//   psi = (gamma / v_th) max(0, 1 - |v - A| / v_th), the slope that stands for that of the threshold
//   y <- kappa y + c_out V z
// z and psi are 0 in the n_ref - 1 steps after a spike. Autapses do not exist. All states start at 0.
#pragma once

#include <vector>

#include "apical/engine/algebra.h"
#include "apical/engine/readout_loss.h"

namespace apical::recurrent {

using plain::Vector;

struct SpikingNetwork {
  double alpha = 0, rho = 0, kappa = 0;  ///< exp(-dt/tau) of membranes, adaptation and readout
  double v_th = 0.6;                     ///< threshold at rest
  double gamma = 0.3;                    ///< damps psi
  int n_ref = 5;                         ///< a spike is followed by n_ref - 1 silent steps
  double c_in = 1, c_out = 1;
  ReadoutLoss loss = ReadoutLoss::mse;
  Matrix<double> W, U, V;  ///< n x n, n x inputs, outputs x n
  Vector beta;             ///< n; 0: no adaptation

  std::size_t units() const { return W.rows(); }
  std::size_t outputs() const { return V.rows(); }
  /// ConfigError for shapes that do not fit, autapses, and decays outside [0, 1].
  void validate() const;
};

struct SpikingTrial {
  Matrix<double> inputs;   ///< T x inputs
  Matrix<double> targets;  ///< T x outputs
  Vector mask;             ///< T
  std::size_t steps() const { return inputs.rows(); }
};

/// What one step left behind.
struct SpikingStep {
  Vector z, v, a, psi, y;
  std::vector<bool> refractory;
  Vector error;  ///< d loss / d y, mask included
  double loss = 0;
};

/// Throws DataError if the trial does not fit the network.
std::vector<SpikingStep> run(const SpikingNetwork& network, const SpikingTrial& trial);

struct SpikingGradient {
  Matrix<double> W, U, V;
  static SpikingGradient zeros(const SpikingNetwork& network);
};

enum class SurrogatePaths {
  all,
  without_reset,  ///< what a spike does to its own membrane is cut
  adaptation,     ///< recurrent synapses are cut as well: what e-prop follows
};

/// Backwards through time with psi for the slope of the threshold: the yardstick of rules for spikes. It is
/// not the gradient of the loss, which is 0 almost everywhere. With a feedback B (n x outputs) errors reach
/// the spikes by it instead of by V^T. Reverse of the equations above, all lambda on the right those of t+1:
///   ly = kappa ly + e;  lz = c_out V^T ly + c_in W^T lv - v_th lv + la;  lv' = psi lz + alpha lv
///   la' = rho la - beta psi lz
SpikingGradient surrogate_gradient(const SpikingNetwork& network, const SpikingTrial& trial,
                                   const std::vector<SpikingStep>& course,
                                   SurrogatePaths paths = SurrogatePaths::all,
                                   const Matrix<double>* feedback = nullptr);

}  // namespace apical::recurrent
