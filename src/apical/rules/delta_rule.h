// SPDX-License-Identifier: Apache-2.0
// Rules that carry an error delta_l = dLoss/da_l (or a stand-in for it) down to every layer and multiply it
// with the presynaptic activity: dW_l = -mean delta_l h_{l-1}^T. They differ only in the matrices that carry
// delta.
#pragma once

#include "apical/engine/layered/credit_rule.h"

namespace apical::layered {

/// dW_l = factor mean post_l h_{l-1}^T, db_l = factor mean post_l for all layers.
template <class T>
void correlate_layers(const Workers& workers, const NetworkDescription& description, const LayerRows<T>& post,
                      In<T> X, const LayerRows<T>& pre, std::type_identity_t<T> factor, Credit<T>& out) {
  for (std::size_t l = 0; l < post.size(); ++l) {
    const Connection& connection = description.connection(l);
    correlate<T>(workers, connection, post[l].view(), presynaptic(X, pre, l), factor, out.dW[l].view());
    batch_mean<T>(connection, post[l].view(), factor, out.db[l]);
  }
}

/// Neurons that send the errors they have.
struct SendErrors {
  template <class View>
  void operator()(std::size_t, View) const {}
};

/// delta_l = (delta_{l+1} Y_{l+1}) f'(a_l) for l = L-1 … 1, given delta_L in delta.back(). `feedback(l)` is
/// the matrix that carries errors of the layer with index l to the one below, in the shape of its forward
/// weights; `emit(l, delta)` may replace the errors of that layer by what its neurons send, before anything
/// reads them.
template <class T, class Feedback, class Emit = SendErrors>
void carry_back(const Workers& workers, const NetworkDescription& description, const LayerRows<T>& h,
                LayerRows<T>& delta, Feedback&& feedback, Emit&& emit = {}) {
  for (std::size_t l = description.depth(); l-- > 1;) {
    emit(l, delta[l].view());
    project_back<T>(workers, description.connection(l), delta[l].view(), feedback(l), delta[l - 1].view());
    times_derivative<T>(workers, description.layers[l - 1].activation, h[l - 1].view(), delta[l - 1].view());
  }
  emit(0, delta[0].view());
}

/// Base of all rules with an explicit delta.
template <class T>
class DeltaRule : public CreditRule<T> {
 public:
  Needs needs() const override { return {.separate_phases = true, .signed_errors = true}; }
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  std::optional<double> prepare_credit(const Workers& workers, const Network<T>& network,
                                       const Batch<T>& batch) override;
  void add_credit(const Workers& workers, Network<T>& network, const Batch<T>& batch, T eta, T keep) override;
  MatrixView<const T> output() const override { return activity_.h.back().view(); }
  Teaching<T> teaching(std::size_t layer) override;
  MatrixView<const T> feedback_beside(const Network<T>& network, std::size_t layer) const override {
    return direct() ? MatrixView<const T>{} : feedback(network, layer);
  }

  /// Of the last batch; per sample, not divided by N.
  const LayerRows<T>& delta() const { return delta_; }
  const Activity<T>& activity() const { return activity_; }

 protected:
  /// Called before errors travel; for feedback that depends on the weights or the batch.
  virtual void prepare_feedback(const Workers&, const Network<T>&) {}
  /// The matrix that carries the error of layer index l >= 1 (if direct(): of the output) to layer index l-1,
  /// in the shape (sender, receiver).
  virtual MatrixView<const T> feedback(const Network<T>& network, std::size_t l) const = 0;
  /// Errors go from the output to every hidden layer at once.
  virtual bool direct() const { return false; }
  /// What the neurons of a layer send in place of their errors; only along chained feedback.
  virtual void emit(std::size_t /*layer*/, MatrixView<T> /*delta*/) {}
  /// True if learn_feedback() needs the stored credit.
  virtual bool learns_feedback() const { return false; }
  /// Called when `out` is complete.
  virtual void learn_feedback(const Workers&, const Network<T>&, const Batch<T>&, Credit<T>&) {}

 private:
  double find_errors(const Workers& workers, const Network<T>& network, const Batch<T>& batch);

  Activity<T> activity_;
  LayerRows<T> delta_;
  Rows<T> taught_;  // -delta of the layer last asked for
};

}  // namespace apical::layered
