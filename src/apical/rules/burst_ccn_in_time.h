// SPDX-License-Identifier: Apache-2.0
// BurstCCN in continuous time (Greedy et al., NeurIPS 2022, and doi 10.64898/2026.06.16.732595): one stream
// of inputs and targets, Euler steps dt, no phases.
//   tau_z dz/dt = -z + W e_below + c,  e = sigmoid(z)
//   tau_u du/dt = -u + beta (1 - e)(Y^T b_above + Q^T e_above),  p = sigmoid(u),  b = p e
//   output: p = P + P (t - e)(1 - e), or P without a target
//   dW/dt = eta (p - P) e x^T,  dc/dt = eta (p - P) e
// Here Q has the sign of these equations, -P Y in balance. With `transport` Y = W and Q = -P W after each
// step of learning. The programs take a step in two orders.
//   cascade (2022): events travel all the way up within the step; then bursts of the step before and events
//     come down, those of the output from the step before; p of the step before teaches.
//   delayed (2026): every layer reads what others were a step ago. Presynaptic activity waits for the error
//   in
//     traces, of the new input and of the rates of the step before, the latter filtered twice per step.
// Neither order is that of circuits of rate neurons (engine/rate): there views lag behind the weights they
// show by one update. So this stands for itself and is no subject of experiment files.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/core/state_visitor.h"

namespace apical::layered {

enum class CcnOrder { cascade, delayed };

/// Times are in one unit, whichever.
struct BurstCcnInTimeOptions {
  CcnOrder order = CcnOrder::cascade;
  double dt = 0.1, tau_z = 0.1, tau_u = 0.1;
  double eta = 0.01;      ///< 1/tau_W
  double baseline = 0.5;  ///< P
  double beta = 4;        ///< of dendrites
  bool transport = true;
  double initial_burst_probability = 0;  ///< of all layers
  std::vector<double> trace_tau = {};  ///< delayed: of the presynaptic trace of each layer, the input's first
};

/// Lists over layers begin with the first hidden layer; Y and Q have one matrix per hidden layer, in the
/// shape of the weights above it.
template <class T>
struct BurstCcnInTimeWeights {
  std::vector<Matrix<T>> W;
  std::vector<std::vector<T>> c;
  std::vector<Matrix<T>> Y, Q;
};

template <class T>
class BurstCcnInTime {
 public:
  /// Everything begins at 0 but burst probabilities. ConfigError for shapes that do not fit, steps that are
  /// longer than a time constant, or traces that are not one per layer.
  BurstCcnInTime(BurstCcnInTimeOptions options, BurstCcnInTimeWeights<T> weights);

  /// One step; without a target nothing is learned. DataError for other lengths, NumericalFault where a
  /// potential is not finite any more.
  void step(std::span<const T> input, std::span<const T> target);

  const BurstCcnInTimeWeights<T>& weights() const { return w_; }
  std::size_t layers() const { return w_.W.size(); }
  // Of the layer with this index, at the end of the last step.
  std::span<const T> events(std::size_t layer) const { return e_[layer]; }
  std::span<const T> burst_probability(std::size_t layer) const { return p_[layer]; }
  std::span<const T> bursts(std::size_t layer) const { return b_[layer]; }
  std::span<const T> dendrite(std::size_t hidden) const { return u_[hidden]; }
  void visit_state(StateVisitor& visit);

 private:
  using Layers = std::vector<std::vector<T>>;
  void integrate_soma(std::size_t layer, std::span<const T> below);
  void integrate_dendrite(std::size_t hidden, std::span<const T> own_events, std::span<const T> bursts_above,
                          std::span<const T> events_above);
  void tell_output(std::span<const T> target);
  void follow_traces(std::span<const T> input);
  void learn(std::size_t layer, std::span<const T> events, std::span<const T> below);

  BurstCcnInTimeOptions o_;
  BurstCcnInTimeWeights<T> w_;
  Layers z_, e_, p_, b_, u_;
  Layers e_before_, p_before_, b_before_;
  Layers trace_, read_;  ///< delayed: presynaptic traces, and as learning reads them
  std::int64_t steps_ = 0;
};

}  // namespace apical::layered
