// SPDX-License-Identifier: Apache-2.0
// Deep rate burstprop (Payeur, Guerguiev, Zenke, Richards & Naud, Nat Neurosci 24:1010, 2021, deep network
// model, MNIST and CIFAR-10):
//   e_l = sigmoid(W_l e_{l-1} + c_l)
//   output:  p = P,  p^t = P [(t - e)(1 - e) + 1]
//   hidden:  u = s (1-e) - r,  u^t = s^t (1-e) - r,  r = R q,  q = sigmoid(s) e,  p = sigmoid(u)
// R is recurrent inhibition among the units of a dense layer that keeps u where the sigmoid is straight: R +=
// rate mean u q^T.
#pragma once

#include "apical/rules/burst_rule.h"
#include "apical/rules/burstprop_relu.h"

namespace apical::layered {

template <class T>
class Burstprop final : public BurstRule<T> {
 public:
  /// `recurrent` one square matrix per hidden layer, empty for convolutions (without recurrence: may be empty
  /// altogether); `feedback` see BurstRule. Throws ConfigError like it, for other shapes, units that are not
  /// all sigmoid, or a loss other than mse.
  Burstprop(const NetworkDescription& description, BurstpropOptions options, FeedbackWeights<T> feedback,
            std::vector<Matrix<T>> recurrent);
  /// Of the recurrent weights.
  void scale_learning(double factor) override { rate_factor_ = factor; }
  void rest(bool resting) override { resting_ = resting; }
  void visit_state(StateVisitor& visit) override;
  std::vector<OwnWeights<T>> own_weights() override;

  const std::vector<Matrix<T>>& recurrent_weights() const { return recurrent_; }

 protected:
  void output_bursts(const Workers& workers, In<T> e, In<T> y, MatrixView<T> b,
                     MatrixView<T> difference) override;
  void hidden_bursts(const Workers& workers, std::size_t layer, In<T> e, MatrixView<T> b,
                     MatrixView<T> difference) override;
  void learn_recurrence(const Workers& workers) override;

 private:
  /// r, and q and u for the update of R.
  void recurrent_input(const Workers& workers, std::size_t layer, In<T> e, In<T> s);
  bool recurs(std::size_t l) const { return l < recurrent_.size() && recurrent_[l].size() > 0; }

  double rate_factor_ = 1;
  bool resting_ = false;
  std::vector<Matrix<T>> recurrent_;
  LayerRows<T> q_, r_, u_;
};

/// R ~ U(+-recurrent_range) for dense hidden layers, empty for others.
template <class T>
std::vector<Matrix<T>> burst_recurrence(const NetworkDescription& description,
                                        const BurstpropOptions& options, std::uint64_t seed);

template <class T>
RulePointer<T> BurstpropOptions::make(const NetworkDescription& network, std::uint64_t seed) const {
  if (network.loss == Loss::ce)
    return std::make_unique<ReluBurstprop<T>>(network, *this, burst_feedback<T>(network, *this, seed));
  return std::make_unique<Burstprop<T>>(network, *this, burst_feedback<T>(network, *this, seed),
                                        burst_recurrence<T>(network, *this, seed));
}
RuleEntries burstprop_rules();

}  // namespace apical::layered
