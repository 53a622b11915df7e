// SPDX-License-Identifier: Apache-2.0
// What the networks of Payeur et al. (Nat Neurosci 24:1010, 2021) share: events e carry activity up, bursts b
// = p e carry the teacher down on top of it. Feedback weights bring the bursts of a layer to the dendrites of
// the one below, without and with the teacher,
//   s = Y_{l+1}^T b_{l+1},  s^t - s = Y_{l+1}^T (b^t_{l+1} - b_{l+1}),
// whose units make bursts of them, and weights change by how bursts differ: dW_l = mean (b^t_l - b_l)
// e_{l-1}^T. Which units burst how is for derived classes to say. Published learning rates are for sums over
// the batch: multiply them by the batch size.
#pragma once

#include "apical/core/fields.h"
#include "apical/engine/layered/credit_rule.h"
#include "apical/rules/feedback_weights.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

enum class BurstFeedback {
  fixed,      ///< Y stays as it is
  learned,    ///< Y gets the same update as W (Kolen & Pollack 1994)
  symmetric,  ///< Y = W: weight transport, a control
};

/// Defaults are those of the network for CIFAR-10.
struct BurstpropOptions {
  BurstFeedback feedback = BurstFeedback::learned;
  double feedback_deviation = 1;   ///< Y starts as N(0, this standard deviation)
  double baseline = 0.2;           ///< P, in (0, 1)
  bool recurrence = true;          ///< in dense hidden layers; convolutions have none
  double recurrent_range = 0.01;   ///< R starts uniform within +- this
  double recurrent_rate = 3.2e-3;  ///< published: 1e-4 for the sum over batches of 32
  double kappa = 1e-5;             ///< scale of the teacher at a softmax output
  /// The form for softmax outputs where the loss is ce, the one of sigmoid units else (burstprop_rule.h).
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const;
};
void fields(FieldVisitor& v, BurstpropOptions& o);

template <class T>
class BurstRule : public CreditRule<T> {
 public:
  std::string_view name() const override { return "burstprop"; }
  Needs needs() const override;
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  MatrixView<const T> output() const override { return activity_.h.back().view(); }
  /// The signal is p^t - p, the gain e; the dendrite of a hidden unit has the slope 4 p (1 - p).
  Teaching<T> teaching(std::size_t layer) override;
  MatrixView<const T> feedback_beside(const Network<T>& network, std::size_t layer) const override {
    return options_.feedback == BurstFeedback::symmetric ? network.parameters.W[layer].view()
                                                         : feedback_[layer - 1].view();
  }
  std::span<const Trainable<T>> learned_feedback() override { return slots_; }
  bool feedback_follows_forward() const override { return options_.feedback == BurstFeedback::learned; }
  void visit_state(StateVisitor& visit) override;
  std::vector<OwnWeights<T>> own_weights() override;

  const FeedbackWeights<T>& feedback_weights() const { return feedback_; }
  /// b^t - b of the last batch.
  const LayerRows<T>& burst_difference() const { return difference_; }

 protected:
  /// `feedback` chained, in the shapes of the forward weights (symmetric: not used, may be empty). Throws
  /// ConfigError for other shapes or a baseline outside (0, 1).
  BurstRule(const NetworkDescription& description, BurstpropOptions options, FeedbackWeights<T> feedback);

  /// Bursts b of the output with events e and target y, and what the teacher adds to them, b^t - b; rows are
  /// samples.
  virtual void output_bursts(const Workers& workers, In<T> e, In<T> y, MatrixView<T> b,
                             MatrixView<T> difference) = 0;
  /// The same for a hidden layer, whose dendritic inputs s and s^t - s stand in b and difference.
  virtual void hidden_bursts(const Workers& workers, std::size_t layer, In<T> e, MatrixView<T> b,
                             MatrixView<T> difference) = 0;
  /// Called when all layers have their bursts.
  virtual void learn_recurrence(const Workers&) {}

  BurstpropOptions options_;

 private:
  FeedbackWeights<T> feedback_;
  std::vector<Trainable<T>> slots_;  // learned: their credit is that of the forward weights
  Activity<T> activity_;
  LayerRows<T> bursts_;  // of all samples, then what the teacher adds to them: one product carries both down
  LayerRows<T> difference_;
  Rows<T> signal_, slope_;  // of the layer last asked for
};

/// Y ~ N(0, feedback_deviation) in the shapes of the forward weights.
template <class T>
FeedbackWeights<T> burst_feedback(const NetworkDescription& description, const BurstpropOptions& options,
                                  std::uint64_t seed);

}  // namespace apical::layered
