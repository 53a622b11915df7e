// SPDX-License-Identifier: Apache-2.0
// Two integration sites (Koerding & Koenig, J Comput Neurosci 11:207, 2001): every neuron has a somatic rate
// A from basal input and a dendritic burst rate D from apical input, and bursts gate plasticity of basal
// synapses:
//   A = sigmoid(W A_below + b),  D_l = (V_l D_{l+1}) A_l (1 - A_l),  D_L = (y - A_L) A_L (1 - A_L),  dW =
//   D_post A_pre.
// Apical synapses see the same pair of neurons, dV = A_post D_pre, so with decay V converges to W^T. One-site
// control: dW = (alpha A_post + (1 - alpha) D_post) A_pre, where the two signals share one integration site;
// learning degrades with alpha. Stochastic bursts: in each presentation a neuron bursts or not, B = 1 with
// probability p0 + D, and what it sends and learns from is B - p0, whose mean is D: what travels is a burst
// or none, and receivers know p0. The mean change is that of the rates, as every step is linear in D.
#pragma once

#include "apical/core/fields.h"
#include "apical/rules/delta_rule.h"
#include "apical/rules/feedback_weights.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

enum class DendriticSpikes {
  rates,   ///< D itself
  bursts,  ///< all or none, with probability p0 + D (kept within [0, 1])
};

struct TwoSiteNeuron {
  double alpha = 0;  ///< [0, 1]; above 0: the one-site control
  DendriticSpikes spikes = DendriticSpikes::rates;
  double p0 = 0.5;  ///< probability of a burst without error, (0, 1)
};
void fields(FieldVisitor& v, TwoSiteNeuron& n);

template <class T>
class TwoSite final : public DeltaRule<T> {
 public:
  /// V chained, in the shapes of the forward weights; `seed` addresses the bursts. Throws ConfigError unless
  /// all units are sigmoid, the loss is mse, alpha is in [0, 1] and p0 in (0, 1).
  TwoSite(const NetworkDescription& description, FeedbackWeights<T> V, TwoSiteNeuron neuron = {},
          std::uint64_t seed = 0)
      : V_(std::move(V)), neuron_(neuron), seed_(seed) {
    check_feedback(description, FeedbackPath::chained, V_);
    for (const Layer& layer : description.layers) {
      if (layer.activation.kind != Activation::sigmoid || description.loss != Loss::mse) {
        throw FieldError::about({"activation", "output", "loss"},
                                "two-site neurons have sigmoid units in all layers and the loss mse");
      }
    }
    if (!(neuron.alpha >= 0 && neuron.alpha <= 1))
      throw FieldError::about({"mixing"}, "two-site neurons: alpha must be in [0, 1]");
    if (!(neuron.p0 > 0 && neuron.p0 < 1))
      throw FieldError::about({"p0"},
                              "two-site neurons: the burst probability without error must be in (0, 1)");
    dV_ = V_;
    for (std::size_t l = 0; l < V_.size(); ++l) slots_.push_back({V_[l].flat(), dV_[l].flat(), true});
  }
  std::string_view name() const override { return "two_site"; }
  Needs needs() const override { return {.signed_errors = neuron_.spikes == DendriticSpikes::rates}; }
  std::span<const Trainable<T>> learned_feedback() override { return slots_; }
  bool feedback_follows_forward() const override { return true; }
  void visit_state(StateVisitor& visit) override {
    visit_matrices<T>(visit, "apical", V_);
    visit("batches", batches_);
  }
  std::vector<OwnWeights<T>> own_weights() override { return own_feedback(V_, FeedbackPath::chained); }
  /// Change of V, transposed like V itself. D is minus delta().
  const FeedbackWeights<T>& apical_credit() const { return dV_; }

 protected:
  MatrixView<const T> feedback(const Network<T>&, std::size_t l) const override { return V_[l - 1].view(); }
  bool learns_feedback() const override { return true; }
  void prepare_feedback(const Workers&, const Network<T>&) override { ++batches_; }
  void emit(std::size_t l, MatrixView<T> delta) override {
    if (neuron_.spikes == DendriticSpikes::rates) return;
    for (std::size_t n = 0; n < delta.rows(); ++n) {
      for (std::size_t i = 0; i < delta.cols(); ++i) {
        const std::uint64_t index = (batches_ << 32U) + n * delta.cols() + i;
        const double u = uniform({seed_, Stream::burst, static_cast<std::uint32_t>(l), index});
        const double burst = u < neuron_.p0 - static_cast<double>(delta(n, i)) ? 1 : 0;  // delta is -D
        delta(n, i) = static_cast<T>(neuron_.p0 - burst);
      }
    }
  }
  void learn_feedback(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                      Credit<T>& out) override {
    for (std::size_t l = 0; l < V_.size(); ++l) copy<T>(out.dW[l + 1].view(), dV_[l].view());
    if (neuron_.alpha == 0) return;
    const T mixed = static_cast<T>(neuron_.alpha), kept = static_cast<T>(1 - neuron_.alpha);
    const LayerRows<T>& A = this->activity().h;
    for (std::size_t l = 0; l < A.size(); ++l) {
      const Connection& connection = network.description.connection(l);
      correlate<T>(workers, connection, A[l].view(), presynaptic<T>(batch.X, A, l), mixed, out.dW[l].view(),
                   kept);
      batch_mean<T>(connection, A[l].view(), mixed, out.db[l], kept);
    }
  }

 private:
  FeedbackWeights<T> V_, dV_;
  TwoSiteNeuron neuron_;
  std::uint64_t seed_, batches_ = 0;
  std::vector<Trainable<T>> slots_;
};

struct TwoSiteOptions {
  TwoSiteNeuron neuron;
  FeedbackStart feedback;
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const {
    return std::make_unique<TwoSite<T>>(
        network, random_feedback<T>(network, FeedbackPath::chained, feedback, seed), neuron, seed);
  }
};
void fields(FieldVisitor& v, TwoSiteOptions& o);
RuleEntries two_site_rules();

}  // namespace apical::layered
