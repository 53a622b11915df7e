// SPDX-License-Identifier: Apache-2.0
// Two integration sites (Koerding & Koenig, J Comput Neurosci 11:207, 2001): every neuron has a somatic rate A from basal input and
// a dendritic burst rate D from apical input, and bursts gate plasticity of basal synapses:
//   A = sigmoid(W A_below + b),  D_l = (V_l D_{l+1}) A_l (1 - A_l),  D_L = (y - A_L) A_L (1 - A_L),  dW = D_post A_pre.
// Apical synapses see the same pair of neurons, dV = A_post D_pre, so with decay V converges to W^T. One-site control:
// dW = (alpha A_post + (1 - alpha) D_post) A_pre, where the two signals share one integration site; learning degrades with alpha.
#pragma once

#include "apical/engine/layered/rules/delta_rule.h"
#include "apical/engine/layered/rules/feedback_weights.h"

namespace apical::layered {

template <class T>
class TwoSite final : public DeltaRule<T> {
 public:
  /// V chained, in the shapes of the forward weights. Throws ConfigError unless all units are sigmoid, the loss is mse and
  /// alpha is in [0, 1].
  TwoSite(const NetworkDescription& description, FeedbackWeights<T> V, double alpha = 0) : V_(std::move(V)), alpha_(alpha) {
    check_feedback(description, FeedbackPath::chained, V_);
    for (const Layer& layer : description.layers) {
      if (layer.activation.kind != Activation::sigmoid || description.loss != Loss::mse) {
        throw ConfigError("two-site neurons have sigmoid units in all layers and the loss mse");
      }
    }
    if (!(alpha >= 0 && alpha <= 1)) throw ConfigError("two-site neurons: alpha must be in [0, 1]");
    dV_ = V_;
    for (std::size_t l = 0; l < V_.size(); ++l) slots_.push_back({V_[l].flat(), dV_[l].flat(), true});
  }
  std::string_view name() const override { return "two_site"; }
  Needs needs() const override { return {.signed_errors = true}; }
  std::span<const Trainable<T>> learned_feedback() override { return slots_; }
  bool feedback_follows_forward() const override { return true; }
  void visit_state(StateVisitor& visit) override { visit_matrices<T>(visit, "apical", V_); }
  /// Change of V, transposed like V itself. D is minus delta().
  const FeedbackWeights<T>& apical_credit() const { return dV_; }

 protected:
  MatrixView<const T> feedback(const Network<T>&, std::size_t l) const override { return V_[l - 1].view(); }
  bool learns_feedback() const override { return true; }
  void learn_feedback(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out) override {
    for (std::size_t l = 0; l < V_.size(); ++l) copy<T>(out.dW[l + 1].view(), dV_[l].view());
    if (alpha_ == 0) return;
    const T mixed = static_cast<T>(alpha_), kept = static_cast<T>(1 - alpha_);
    const LayerRows<T>& A = this->activity().h;
    for (std::size_t l = 0; l < A.size(); ++l) {
      const Connection& connection = network.description.connection(l);
      correlate<T>(workers, connection, A[l].view(), presynaptic<T>(batch.X, A, l), mixed, out.dW[l].view(), kept);
      batch_mean<T>(connection, A[l].view(), mixed, out.db[l], kept);
    }
  }

 private:
  FeedbackWeights<T> V_, dV_;
  double alpha_;
  std::vector<Trainable<T>> slots_;
};

}  // namespace apical::layered
