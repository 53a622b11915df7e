// SPDX-License-Identifier: Apache-2.0
// Deep rate burstprop (Payeur, Guerguiev, Zenke, Richards & Naud, Nat Neurosci 24:1010, 2021, deep network model) as a credit rule of
// dense and convolutional networks. Events e carry activity up, bursts b = p e carry the teacher down on top of it:
//   e_l = sigmoid(W_l e_{l-1} + c_l)
//   output:  p = P,  p^t = P [(t - e)(1 - e) + 1]
//   hidden:  u = s (1-e) - r,  u^t = s^t (1-e) - r,  s = Y_{l+1}^T b_{l+1},  r = R q,  q = sigmoid(s) e,  p = sigmoid(u)
//   dW_l = mean (b^t_l - b_l) e_{l-1}^T
// R is recurrent inhibition among the units of a dense layer that keeps u where the sigmoid is straight: R += rate mean u q^T. Published
// learning rates are for sums over the batch: multiply them by the batch size.
#pragma once

#include "apical/engine/layered/credit_rule.h"
#include "apical/engine/layered/rules/burstprop.h"
#include "apical/engine/layered/rules/feedback_weights.h"

namespace apical::layered {

/// Defaults are those of the network for CIFAR-10.
struct BurstpropOptions {
  burstprop::Feedback feedback = burstprop::Feedback::learned;
  double feedback_deviation = 1;  ///< Y starts as N(0, this standard deviation)
  double baseline = 0.2;          ///< P, in (0, 1)
  bool recurrence = true;         ///< in dense hidden layers; convolutions have none
  double recurrent_range = 0.01;  ///< R starts uniform within +- this
  double recurrent_rate = 3.2e-3; ///< published: 1e-4 for the sum over batches of 32
};

template <class T>
class Burstprop final : public CreditRule<T> {
 public:
  /// `feedback` chained, in the shapes of the forward weights (symmetric: not used, may be empty); `recurrent` one square matrix per
  /// hidden layer, empty for convolutions (without recurrence: may be empty altogether). Throws ConfigError for other shapes,
  /// units that are not all sigmoid, a loss other than mse, or a baseline outside (0, 1).
  Burstprop(const NetworkDescription& description, BurstpropOptions options, FeedbackWeights<T> feedback,
            std::vector<Matrix<T>> recurrent);
  std::string_view name() const override { return "burstprop"; }
  Needs needs() const override;
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  MatrixView<const T> output() const override { return activity_.h.back().view(); }
  /// The signal is p^t - p, the gain e; the dendrite of a hidden unit has the slope 4 p (1 - p).
  Teaching<T> teaching(std::size_t layer) override;
  MatrixView<const T> feedback_beside(const Network<T>& network, std::size_t layer) const override {
    return options_.feedback == burstprop::Feedback::symmetric ? network.parameters.W[layer].view() : feedback_[layer - 1].view();
  }
  std::span<const Trainable<T>> learned_feedback() override { return slots_; }
  bool feedback_follows_forward() const override { return options_.feedback == burstprop::Feedback::learned; }
  /// Of the recurrent weights.
  void scale_learning(double factor) override { rate_factor_ = factor; }
  void visit_state(StateVisitor& visit) override;

  const FeedbackWeights<T>& feedback_weights() const { return feedback_; }
  const std::vector<Matrix<T>>& recurrent_weights() const { return recurrent_; }
  /// b^t - b of the last batch.
  const LayerRows<T>& burst_difference() const { return difference_; }

 private:
  void output_bursts(const Workers& workers, const Batch<T>& batch);
  void hidden_bursts(const Workers& workers, const Network<T>& network, std::size_t l);
  /// r, and q for the update of R.
  void recurrent_input(const Workers& workers, std::size_t l);
  bool recurs(std::size_t l) const { return options_.recurrence && recurrent_[l].size() > 0; }

  BurstpropOptions options_;
  double rate_factor_ = 1;
  FeedbackWeights<T> feedback_;
  std::vector<Matrix<T>> recurrent_;
  std::vector<Trainable<T>> slots_;  // learned: their credit is that of the forward weights
  Activity<T> activity_;
  LayerRows<T> b_, b_teacher_, difference_;  // before they become bursts, b_ and b_teacher_ hold s and u
  LayerRows<T> q_, r_, u_;
  Rows<T> signal_, slope_;  // of the layer last asked for
};

/// Y ~ N(0, feedback_deviation) in the shapes of the forward weights.
template <class T>
FeedbackWeights<T> burst_feedback(const NetworkDescription& description, const BurstpropOptions& options, std::uint64_t seed);
/// R ~ U(+-recurrent_range) for dense hidden layers, empty for others.
template <class T>
std::vector<Matrix<T>> burst_recurrence(const NetworkDescription& description, const BurstpropOptions& options, std::uint64_t seed);

}  // namespace apical::layered
