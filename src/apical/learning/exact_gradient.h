// SPDX-License-Identifier: Apache-2.0
// The exact gradient that credit is compared with: the circuit's own feed-forward network, skip connections
// included, with the same weights, at rest and without error feedback:
//   u_i = sum_j gamma_ij W_ij r_j,  r_i = phi_i(u_i),  L = 1/2 |y - r_out|^2  (1/2 |y - u_out|^2 for
//   voltages)
// gamma_ij = g_c / (leak + sum of conductances), those that disconnect without a teacher left out. Synapses
// that do not exist (density below 1, or off the diagonal of one to one) have no gradient.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apical/circuit/circuit.h"

namespace apical {

/// ConfigError unless the circuit has an exact gradient: it names stimulus and readout, its forward
/// projections add rates with weights of their own, and they form no loop. Allocates nothing of the circuit's
/// size.
void check_has_gradient(const Circuit& circuit);

class FeedforwardGradient {
 public:
  /// Derives the network: additive forward projections of rates, from the stimulus to the readout.
  /// ConfigError as check_has_gradient().
  explicit FeedforwardGradient(const Circuit& circuit);

  /// Forward projections that learn, in the order of the circuit.
  const std::vector<ProjectionId>& learnable() const { return learnable_; }
  /// All projections of the network; each needs set_weights().
  const std::vector<ProjectionId>& projections() const { return forward_; }
  /// Targets are compared with output rates, or with output voltages where the teacher acts on a compartment.
  bool rate_targets() const { return rate_targets_; }

  /// Per-neuron activation parameters of a population, where they differ between seeds.
  void set_neuron_parameters(PopulationId p, std::vector<double> slopes, std::vector<double> offsets);
  /// W(post, pre) of a forward projection, 0 where there is no synapse; of one to one a single row, its
  /// diagonal.
  void set_weights(ProjectionId j, Matrix<double> weights);
  /// 1 where a synapse exists, else 0; not called for projections in which all do.
  void set_existing(ProjectionId j, Matrix<double> existing);
  /// Empty: all exist.
  const Matrix<double>& existing(ProjectionId j) const { return existing_[j.value]; }

  /// Forward pass; the readout's rates.
  std::span<const double> forward(std::span<const double> input);
  /// -dL/du for the input of the last forward() and this target; afterwards delta() holds.
  void backward(std::span<const double> target);
  /// -dL/du of a population, so that -dL/dW_ij = gamma delta_i (x) r_j.
  std::span<const double> delta(PopulationId p) const { return delta_[p.value]; }
  std::span<const double> rate(PopulationId p) const { return rate_[p.value]; }
  std::span<const double> potential(PopulationId p) const { return potential_[p.value]; }
  double gamma(ProjectionId j) const { return gamma_[j.value]; }
  double loss(std::span<const double> target) const;

 private:
  const Circuit& circuit_;
  bool rate_targets_ = true;
  std::vector<PopulationId> order_;    ///< neurons, from the input on
  std::vector<ProjectionId> forward_;  ///< all projections of the network
  std::vector<ProjectionId> learnable_;
  std::vector<double> gamma_;                                                   ///< by projection
  std::vector<Matrix<double>> weights_, existing_;                              ///< by projection
  std::vector<std::vector<double>> potential_, rate_, delta_, slope_, offset_;  ///< by population
};

}  // namespace apical
