// SPDX-License-Identifier: Apache-2.0
// A network, the rule that assigns credit in it and the optimisers that apply it: what a trainer talks to.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "apical/engine/layered/credit_rule.h"
#include "apical/engine/layered/optimiser.h"

namespace apical::layered {

struct LayeredSettings {
  OptimiserSettings optimiser;
  /// For feedback the rule learns in a way of its own (target propagation). Feedback that must follow the
  /// forward weights (Kolen-Pollack, two-site) is trained by `optimiser` whatever stands here; empty means
  /// the same as `optimiser`.
  std::optional<OptimiserSettings> feedback_optimiser;
  /// Factors on the learning rate, one per layer; empty: 1 everywhere.
  std::vector<double> layer_rates = {};
};

template <class T>
class LayeredModel {
 public:
  LayeredModel(Network<T> network, std::unique_ptr<CreditRule<T>> rule, const LayeredSettings& settings,
               Workers workers = {});

  /// Shows a batch and learns from it. Returns the mean loss before the update. Throws NumericalFault if it
  /// is not finite (weights are then those before the update), DataError if shapes do not fit. No allocation
  /// once batches of this size have been seen. `gain` multiplies the credit (of feedback that follows the
  /// forward weights too), before its norm is limited.
  double learn_batch(MatrixView<const T> X, MatrixView<const T> Y, double gain = 1);

  /// The rule's answer to X, (N, n_L).
  void predict(MatrixView<const T> X, MatrixView<T> out) { rule_->predict(workers_, network_, X, out); }

  /// The credit the rule assigns to a batch, without applying it. Rules with noise, traces or mirrors advance
  /// them. Valid until the next call.
  const Credit<T>& credit(MatrixView<const T> X, MatrixView<const T> Y);
  /// Everything that follows that credit, with its part of it: weights and offsets layer by layer, then
  /// feedback that follows the forward weights. Valid until the next call of anything.
  std::span<const Trainable<T>> arrays();
  /// An update by `changes` of these arrays in place of a credit; feedback that learns in a way of its own
  /// rests.
  void apply(const std::vector<AlignedBuffer<T>>& changes);

  /// Output of the last batch shown to learn_batch() or credit().
  MatrixView<const T> output() const { return rule_->output(); }

  /// Multiplies all learning rates (schedules).
  void set_rate_factor(double factor) {
    rate_factor_ = factor;
    rule_->scale_learning(factor);
  }

  const Network<T>& network() const { return network_; }
  Network<T>& network() { return network_; }
  CreditRule<T>& rule() { return *rule_; }
  std::uint64_t batches() const { return batches_; }

  /// Everything that the future depends on: parameters, the rule's own state, moments of the optimisers.
  void visit_state(StateVisitor& a);

 private:
  std::span<const Trainable<T>> feedback_arrays();
  void check_finite(double loss) const;

  Network<T> network_;
  std::unique_ptr<CreditRule<T>> rule_;
  Workers workers_;
  Credit<T> credit_;
  Optimiser<T> optimiser_, feedback_optimiser_;
  std::vector<Trainable<T>> forward_arrays_, all_arrays_, changed_arrays_;
  std::vector<double> layer_rates_;
  double rate_factor_ = 1;
  std::uint64_t batches_ = 0;
};

}  // namespace apical::layered
