// SPDX-License-Identifier: Apache-2.0
// The exact gradient of a trial, L = sum_t m_t l_t, through the steps of a circuit of rate neurons: backwards
// (TrialAdjoint) with states kept every so many steps and the steps between recomputed, or in forward mode as
// a check. The loss of step t is of the readout as step t shows it:
//   rate        1/2 |r(t) - y_t|^2
//   potential   1/2 |P(t-1) - y_t|^2, for circuits that are taught potentials
//   softmax_ce  - sum_k y_tk log softmax(r(t))_k
// Truncated: with a horizon K the error of step t passes back through the integrations of steps t-1 ... t-K
// only, each by a pass of its own (exact for K >= T, 0 for K = 0); with chunks of K nothing passes between
// steps t and t+1 where t+1 is a multiple of K (the usual truncated backpropagation, one pass).
#pragma once

#include <functional>

#include "apical/core/names.h"
#include "apical/engine/rate/trial_adjoint.h"

namespace apical::rate {

enum class TrialLoss { rate, potential, softmax_ce };
}  // namespace apical::rate

namespace apical {
template <>
inline constexpr std::array<std::string_view, 3> kNames<rate::TrialLoss>{"rate", "potential", "softmax_ce"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<rate::Views>{"tied", "frozen"};
}  // namespace apical

namespace apical::rate {

/// One sample's course: T steps.
struct CircuitTrial {
  TrialState start;
  std::vector<TrialInputs> inputs;  ///< per step
  std::vector<Vector> targets;      ///< per step; may be empty where the mask is 0
  Vector mask;                      ///< per step
  TrialLoss loss = TrialLoss::rate;
  PopulationId readout;
  std::size_t steps() const { return inputs.size(); }
};

struct TrialGradientOptions {
  AdjointOptions adjoint = {};
  std::optional<std::size_t> horizon = {}, chunk = {};
  std::optional<std::size_t> keep_every = {};  ///< states are kept every so many steps; default: sqrt(T)
  bool by_step_of_use = false;
};

struct TrialGradient {
  double loss = 0;
  std::vector<Matrix<double>> of_weights;                   ///< by projection, dL/dW, uphill
  std::vector<Vector> of_start_soma, of_start_prospective;  ///< by population; what delays and low passes
                                                            ///< hold at the start is left out
  std::vector<Vector> of_stimulus;                          ///< per step; empty if the circuit names none
  std::vector<std::vector<Matrix<double>>> by_use;  ///< on request: per step and projection, its use there
};

/// DataError if a trial's lists do not have its length, ConfigError for both truncations at once.
TrialGradient gradient_through_time(const TrialNetwork& network, const CircuitTrial& trial,
                                    const TrialGradientOptions& options = {});

/// Loss of one step of the trial, and its gradient in what the readout shows.
LossGradient loss_of_step(const CircuitTrial& trial, std::size_t t, const TrialStep& step);

/// Shows every step of a trial to `watch`, with the state after it.
void run_trial(const TrialNetwork& network, const CircuitTrial& trial,
               const std::function<void(std::size_t t, const TrialStep&, const TrialState& after)>& watch);

/// A weight: row 0 of one-to-one projections.
struct WeightIndex {
  ProjectionId projection;
  std::size_t row = 0, col = 0;
};

/// Forward mode, for tests: d(loss of step t)/d(weight), per step. Views are tied or frozen.
Vector tangent_through_time(const TrialNetwork& network, const CircuitTrial& trial, const WeightIndex& weight,
                            Views views = Views::tied);

/// Numbers in the states that a gradient keeps every `keep_every` (0: sqrt(T)) steps and of one segment
/// between them; what the steps of that segment showed comes on top.
std::size_t kept_numbers(const TrialNetwork& network, std::size_t steps, std::size_t keep_every = 0);

}  // namespace apical::rate
