// SPDX-License-Identifier: Apache-2.0
// The angle of credit on samples that run their course: a rule's credit of a trial, the sum of its updates at
// rate 1 over the steps in which it would learn, with weights at rest, against the exact negative gradient
// through time of the same trial without a teacher (engine/rate/trial_gradient.h), from the same state. Per
// area and in total as in alignment.h.
#pragma once

#include <vector>

#include "apical/engine/rate/network.h"
#include "apical/engine/rate/trial_gradient.h"
#include "apical/learning/alignment.h"

namespace apical {

/// ConfigError unless trials of the circuit have an exact gradient: it names stimulus and readout, is without
/// noise and without delays, whose contents at a trial's start no engine tells.
void check_has_gradient_through_time(const Circuit& circuit);

/// The circuit's steps in double with the weights, deviations and activations of one replica; updates that
/// wait are applied, views caught up.
template <class Real>
rate::TrialNetwork trial_network_of(const Circuit& circuit, const rate::Network<Real>& n, std::size_t lane);

/// Potentials, low-passed compartments and held inputs as they are now.
template <class Real>
rate::TrialState trial_state_of(const rate::TrialNetwork& network, rate::Network<Real>& n, std::size_t lane);

/// Collects trials of one replica.
class TrialAlignmentMeter {
 public:
  /// Projections with weights of their own whose rule assigns credit.
  explicit TrialAlignmentMeter(const rate::TrialNetwork& network);

  void begin();
  /// Adds what the rules would have learned in the step just made.
  template <class Real>
  void add_step(rate::Network<Real>& n, std::size_t lane);
  /// The trial that the credit since begin() belongs to.
  void end(const rate::TrialNetwork& network, const rate::CircuitTrial& trial);

  /// One entry per area, in the circuit's order, then "total".
  std::vector<AreaAlignment> result() const;

 private:
  std::vector<ProjectionId> learnable_;
  std::vector<bool> interpreted_;
  std::vector<std::size_t> area_of_;
  std::vector<Topology> topology_;
  std::vector<std::pair<std::size_t, std::size_t>> sizes_;  ///< post, pre
  std::vector<Matrix<double>> credit_, credit_sum_, gradient_sum_;
  std::size_t areas_ = 0;
  std::optional<AngleStatistics> angles_;
};

}  // namespace apical
