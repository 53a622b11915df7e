// SPDX-License-Identifier: Apache-2.0
// Bursting cortico-cortical networks, BurstCCN (Greedy, Zhu, Pemberton, Mellor & Costa, NeurIPS 2022). Bursts
// come down through Y (facilitating synapses), events through Q with the opposite sign (depressing synapses).
// If Q = P Y, nothing reaches a dendrite without a teacher: plasticity can compare with a constant P, and one
// phase is enough.
//   e_l = sigmoid(W_l e_{l-1} + c_l)
//   output:  p = P [1 + s (t - e)(1 - e)]
//   hidden:  a_l = b_{l+1} Y_l - e_{l+1} Q_l,  p = 2 P sigmoid((2/P) a (1 - e)),  b = p e
//   dW_l = mean (b_l - P e_l) e_{l-1}^T / (P s)
// The slope of p in a (1 - e) is 1 where there is no teacher, so that with Y = W, Q = P Y and small s credit
// is the gradient of half the squared error: no layer loses a factor, unlike burstprop. What is sent down is
// kept as x = b - P e, a = x Y - e (Q - P Y): the same, but nothing small is lost in a difference of large
// numbers.
// Q has the sign of the equation above; the program of the successor (Greedy et al., doi
// 10.64898/2026.06.16.732595) has -Q.
#pragma once

#include "apical/core/fields.h"
#include "apical/engine/layered/credit_rule.h"
#include "apical/rules/feedback_weights.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

enum class CcnFeedback {
  fixed,          ///< Y stays as it is
  learned,        ///< Y makes the change of W, and Q that times P (Kolen & Pollack 1994)
  symmetric,      ///< Y = W: weight transport, a control
  apical_events,  ///< dendrites are silenced: dQ = mean e_{l+1}^T a_l, dY = -mean e_{l+1}^T a_l
  apical_bursts,  ///< dY = -mean b_{l+1}^T a_l; Q stays
};

enum class CcnCancelling {
  balanced,  ///< Q = P Y at every moment
  apart,     ///< Q has weights of its own
};

struct BurstCcnOptions {
  CcnFeedback feedback = CcnFeedback::learned;
  CcnCancelling cancelling = CcnCancelling::balanced;
  double baseline = 0.5;      ///< P, in (0, 1)
  double error_scale = 1;     ///< s; 2026: 0.5 for MNIST, 0.1 for CIFAR-10
  bool divide_scales = true;  ///< credit over P s, as in 2026; the program of 2022 leaves it
  FeedbackStart start{WeightInit::glorot_normal, 5.4};  ///< of Y; 2026: the law of W, 1.5 times as wide
  double deviation = 0;                                 ///< of all initial Y; 0: as `start` says
  double cancelling_start = 0;    ///< standard deviation of initial Q that is apart; 0: P Y
  bool follow = true;             ///< learned: by the optimiser of W (else by that of feedback)
  double Y_rate = 1, Q_rate = 1;  ///< of feedback that learns by an optimiser of its own: times its rate
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const;
};
void fields(FieldVisitor& v, BurstCcnOptions& o);

template <class T>
class BurstCcn final : public CreditRule<T> {
 public:
  /// `Y` chained, in the shapes of the forward weights (symmetric: not used, may be empty), `Q` likewise
  /// where it is apart, else empty. Throws ConfigError for other shapes, units that are not all sigmoid, a
  /// loss other than mse, or options that contradict each other.
  BurstCcn(const NetworkDescription& description, BurstCcnOptions options, FeedbackWeights<T> Y,
           FeedbackWeights<T> Q = {});
  std::string_view name() const override { return "burst_ccn"; }
  Needs needs() const override { return {.weight_transport = symmetric()}; }
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  MatrixView<const T> output() const override { return activity_.h.back().view(); }
  /// The signal is p - P, the gain e; the dendrite of a hidden unit has the slope 1 - ((p - P)/P)^2.
  Teaching<T> teaching(std::size_t layer) override;
  MatrixView<const T> feedback_beside(const Network<T>& network, std::size_t layer) const override {
    return symmetric() ? network.parameters.W[layer].view() : Y_[layer - 1].view();
  }
  /// Y of each hidden layer, then Q of each where it learns.
  std::span<const Trainable<T>> learned_feedback() override { return slots_; }
  bool feedback_follows_forward() const override {
    return options_.feedback == CcnFeedback::learned && options_.follow;
  }
  void visit_state(StateVisitor& visit) override;

  // Of the last batch: events e, what the dendrites of hidden layers received a, and bursts beyond the
  // baseline b - P e.
  const LayerRows<T>& events() const { return activity_.h; }
  const LayerRows<T>& apical() const { return apical_; }
  const LayerRows<T>& excess() const { return excess_; }
  FeedbackWeights<T>& burst_weights() { return Y_; }
  FeedbackWeights<T>& event_weights() { return Q_; }  ///< empty if Q = P Y at every moment

 private:
  bool symmetric() const { return options_.feedback == CcnFeedback::symmetric; }
  bool apart() const { return options_.cancelling == CcnCancelling::apart; }
  void output_excess(const Workers& workers, In<T> target);
  void hidden_excess(const Workers& workers, const Network<T>& network, std::size_t layer);
  void feedback_credit(const Workers& workers, const NetworkDescription& description, const Credit<T>& out);

  BurstCcnOptions options_;
  FeedbackWeights<T> Y_, Q_;
  FeedbackWeights<T> Y_credit_, Q_credit_;  // where they are not those of the forward weights
  FeedbackWeights<T> imbalance_;            // Q - P Y
  std::vector<Trainable<T>> slots_;
  Activity<T> activity_;
  LayerRows<T> apical_, excess_;
  Rows<T> bursts_;          // of the layer above
  Rows<T> signal_, slope_;  // of the layer last asked for
};

/// Initial Y, and Q where it is apart.
template <class T>
FeedbackWeights<T> ccn_burst_weights(const NetworkDescription& description, const BurstCcnOptions& options,
                                     std::uint64_t seed);
template <class T>
FeedbackWeights<T> ccn_event_weights(const BurstCcnOptions& options, const FeedbackWeights<T>& Y,
                                     std::uint64_t seed);

template <class T>
RulePointer<T> BurstCcnOptions::make(const NetworkDescription& network, std::uint64_t seed) const {
  FeedbackWeights<T> Y = ccn_burst_weights<T>(network, *this, seed);
  FeedbackWeights<T> Q = ccn_event_weights<T>(*this, Y, seed);
  return std::make_unique<BurstCcn<T>>(network, *this, std::move(Y), std::move(Q));
}
RuleEntries burst_ccn_rules();

}  // namespace apical::layered
