// SPDX-License-Identifier: Apache-2.0
// Burstprop in the form of the network for ImageNet (Payeur, Guerguiev, Zenke, Richards & Naud, Nat Neurosci
// 24:1010, 2021, deep network model): relu units below a softmax, whose cross-entropy the teacher descends.
//   output:  b = P e,  b^t = e min(1, P [1 + kappa (t - e)/(e + 1e-8)]),  dW = mean (b^t - b)/kappa e_{L-1}^T
//   hidden:  p = sigmoid(s/(e + 1e-8)) where e > 0 and 1/2 elsewhere, p^t the same of s^t,  b = p e
// A small kappa keeps the output's burst probability below 1; the dendrites of the topmost hidden layer
// divide it out, s^t = s + (s^t - s)/kappa, so that layers further down learn by their bursts as they are.
// There is no recurrence.
#pragma once

#include "apical/rules/burst_rule.h"

namespace apical::layered {

template <class T>
class ReluBurstprop final : public BurstRule<T> {
 public:
  /// `feedback`: see BurstRule. Throws ConfigError like it, for hidden units that are not all relu, an output
  /// that is no softmax with the loss ce, a kappa that is not positive, or recurrence in a network with dense
  /// hidden layers.
  ReluBurstprop(const NetworkDescription& description, BurstpropOptions options, FeedbackWeights<T> feedback);
  /// The signal is b^t - b (of the output over kappa), the gain 1: p^t - p of a unit with hardly any events
  /// is at most 1, where what it should be, -dLoss/da / e, has no bound.
  Teaching<T> teaching(std::size_t layer) override;

 protected:
  void output_bursts(const Workers& workers, In<T> e, In<T> y, MatrixView<T> b,
                     MatrixView<T> difference) override;
  void hidden_bursts(const Workers& workers, std::size_t layer, In<T> e, MatrixView<T> b,
                     MatrixView<T> difference) override;
};

}  // namespace apical::layered
