// SPDX-License-Identifier: Apache-2.0
// A circuit's own steps in double, with a memory of what each of them showed: what gradients through time are
// taken of. Same order as the engine (README.md), weights constant, no noise. With k = dt (leak + all g),
// gamma_c = g_c / (leak + connected g) and x an external's rate:
//   1. r = phi(P(t-1)) or phi(u(t-1)) without lookahead;  slope q = phi~'(P(t-1));  mismatch e = q (y - r), 0
//      without teacher
//   2. what projection j transmits: r, q, e of this step, u(t-1) or P(t-1); with a delay d of the step t-d
//   3. I_c = (sum of added W_j X_j) times the product of multiplied ones
//   4. v_c = I_c, or v_c += dt/tau_c (I_c - v_c)
//   5. D = sum_c gamma_c v_c;  P = u + gain (D - u);  u += k (D - u)
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/engine/algebra.h"

namespace apical::rate {

using plain::Vector;

/// By population, between two steps.
struct TrialState {
  std::vector<Vector> soma, prospective;
  std::vector<std::vector<Vector>> low_passed;  ///< by compartment; empty for those that follow at once
  std::vector<Vector> held;                     ///< externals that hold their last value: that value
};

/// What one step showed and computed, by population or projection.
struct TrialStep {
  TrialState before;
  std::vector<Vector> rate, slope, mismatch;
  std::vector<bool> present;               ///< externals: had a value in this step
  std::vector<bool> taught;                ///< the teacher was present
  std::vector<Vector> teaching;            ///< y - r; empty unless taught
  std::vector<std::vector<double>> share;  ///< gamma, by compartment
  std::vector<Vector> drive;               ///< by projection: W_j X_j
};

/// The values of external populations in one step, by population; nothing: absent.
using TrialInputs = std::vector<std::optional<Vector>>;

class TrialNetwork {
 public:
  /// Explicit and identity weights are taken over, others need set_weights(). ConfigError for a circuit that
  /// does not hold together, or that has noise.
  explicit TrialNetwork(Circuit circuit);

  const Circuit& circuit() const { return circuit_; }
  /// Activation parameters of a population, where they differ between seeds.
  void set_neuron_parameters(PopulationId p, Vector slopes, Vector offsets);
  /// W(post, pre), 0 where there is no synapse; of one to one a single row. Views follow at once.
  void set_weights(ProjectionId j, Matrix<double> weights);
  /// 1 where a synapse exists; gradients of others are 0.
  void set_existing(ProjectionId j, Matrix<double> existing);
  void set_deviation(ProjectionId j, Matrix<double> deviation);

  const Matrix<double>& weights(ProjectionId j) const { return weights_[j.value]; }
  const Matrix<double>& existing(ProjectionId j) const { return existing_[j.value]; }
  double slope(PopulationId p, std::size_t neuron) const { return slopes_[p.value][neuron]; }
  double offset(PopulationId p, std::size_t neuron) const { return offsets_[p.value][neuron]; }

  /// phi', exact, and the transmitted slope's value and derivative, of a neuron at potential x.
  double rate_slope(PopulationId p, std::size_t neuron, double x) const;
  double transmitted_slope(PopulationId p, std::size_t neuron, double x) const;
  double transmitted_curvature(PopulationId p, std::size_t neuron, double x) const;

  /// Potentials at `soma`, low passes and held values 0.
  TrialState rest() const;
  /// One step from a state to the next; `past` are earlier steps, newest last, `origin` what was shown before
  /// the first of all (see origin()).
  TrialStep step(TrialState& state, const TrialInputs& inputs, std::span<const TrialStep> past,
                 std::size_t steps_since_start, const TrialStep& origin) const;
  /// What a state shows before a trial: quantities of its potentials, 0 for externals and mismatches.
  TrialStep origin(const TrialState& state) const;

  /// Vector that a projection reads, of the step that showed it; null if absent.
  static const Vector& quantity(const TrialStep& shown, PopulationId p, Quantity q);
  int longest_delay() const { return longest_delay_; }
  /// Numbers of a state, delayed quantities included.
  std::size_t state_size() const;
  /// Projections with weights of their own and a rule that learns.
  std::vector<ProjectionId> plastic() const;
  /// (post, pre) of a projection's matrix as it is stored.
  Matrix<double> zeros(ProjectionId j) const;
  std::size_t one_to_one_size(ProjectionId j) const;

 private:
  void refresh_views();
  void show(TrialStep& s) const;

  Circuit circuit_;
  std::vector<Matrix<double>> weights_, existing_, deviation_;  ///< by projection
  std::vector<Vector> slopes_, offsets_;                        ///< by population
  int longest_delay_ = 0;
};

/// W X and W^T b of a projection in its topology; `n` neurons of one-to-one.
Vector transmit(const Matrix<double>& weights, Topology topology, std::span<const double> x,
                std::size_t post);
Vector transmit_back(const Matrix<double>& weights, Topology topology, std::span<const double> b,
                     std::size_t pre);
/// g += scale b (x) x, in the projection's topology.
void add_correlation(Matrix<double>& g, Topology topology, std::span<const double> b,
                     std::span<const double> x, double scale = 1);

}  // namespace apical::rate
