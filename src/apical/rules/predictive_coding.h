// SPDX-License-Identifier: Apache-2.0
// Predictive coding (Rao & Ballard 1999; Whittington & Bogacz, Neural Comput 29:1229, 2017): value nodes v_l
// and separate error nodes eps_l = v_l - mu_l. Input and output are clamped, the hidden values descend F =
// 1/2 sum_l |eps_l|^2 by synchronous steps from the forward pass, then every synapse multiplies its error
// node with its presynaptic value.
//   of_drive:    mu_l = f(W_l v_{l-1} + b_l),  v_l += gamma (-eps_l + W_{l+1}^T (eps_{l+1} f'(a_{l+1}))),
//                dW_l = (eps_l f'(a_l)) v_{l-1}^T
//   of_activity: mu_l = W_l f(v_{l-1}) + b_l,  v_l += gamma (-eps_l + f'(v_l) W_{l+1}^T eps_{l+1}),
//                dW_l = eps_l f(v_{l-1})^T                                       (local; f is the identity on
//                the input)
#pragma once

#include "apical/core/fields.h"
#include "apical/engine/layered/credit_rule.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

enum class Prediction { of_drive, of_activity };

enum class Inference {
  strict,            ///< predictions follow the values
  fixed_prediction,  ///< mu, f' and presynaptic factors stay at the forward pass; tends to backpropagation
                     ///< (Millidge et al. 2020)
  zero_divergence,   ///< Z-IL (Song et al., NeurIPS 2020): gamma 1, W_l learns at step L-l; equals
                     ///< backpropagation
  incremental,       ///< iPC (Salvatori et al. 2022): weights change at every inference step
};

struct PredictiveOptions {
  Prediction prediction = Prediction::of_drive;
  Inference inference = Inference::strict;
  int steps = 20;
  double gamma = 0.1;
  /// Limit gamma to 1/lambda_max of the Hessian of F (power iteration, steepest f' assumed). Explicit steps
  /// are stable only below 2/lambda_max, and strict inference drives its weights towards that edge.
  bool guard = true;
  double output_precision = 1;  ///< weight of the output error; the credit is divided by it
  bool record_energy = false;   ///< F before the first and after every step in energies()
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const;
};
void fields(FieldVisitor& v, PredictiveOptions& o);

/// With losses ce and bce the output error node carries y - h_L and F counts that loss instead of 1/2
/// |eps_L|^2.
template <class T>
class PredictiveCoding final : public CreditRule<T> {
 public:
  /// Throws ConfigError for steps < 1, gamma <= 0 or output_precision <= 0.
  PredictiveCoding(const NetworkDescription& description, PredictiveOptions options);
  std::string_view name() const override;
  Needs needs() const override { return {.weight_transport = true, .signed_errors = true}; }
  int updates_per_batch() const override;
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  MatrixView<const T> output() const override { return forward_.h.back().view(); }
  void visit_state(StateVisitor& visit) override;

  const Activity<T>& forward_pass() const { return forward_; }
  /// Hidden values; entry L-1 is the clamped target.
  const LayerRows<T>& values() const { return v_; }
  const LayerRows<T>& errors() const { return eps_; }
  const LayerRows<T>& predictions() const { return mu_; }
  const std::vector<double>& energies() const { return energies_; }
  /// The step size used for the last batch.
  double gamma_used() const { return gamma_; }
  /// Largest |dF/dv| of the last batch at its final values: how far inference was from its equilibrium.
  double stationarity(const Workers& workers, const Network<T>& network);

 private:
  /// What synapses of the layer above read.
  const LayerRows<T>& pre() const { return options_.prediction == Prediction::of_drive ? v_ : f_of_v_; }
  void start(const Workers& workers, const Network<T>& network, const Batch<T>& batch);
  void compute_errors(const Workers& workers, const Network<T>& network, const Batch<T>& batch);
  void weigh_errors(const Workers& workers, const NetworkDescription& description, std::size_t l);
  void force(const Workers& workers, const Network<T>& network, std::size_t l);
  void move_values(const Workers& workers, const Network<T>& network);
  void relax_fixed(const Workers& workers, const Network<T>& network);
  void learn(const Workers& workers, const NetworkDescription& description, const Batch<T>& batch,
             std::size_t l, Credit<T>& out);
  double energy(const NetworkDescription& description, const Batch<T>& batch);
  double largest_curvature(const Network<T>& network);

  PredictiveOptions options_;
  double gamma_ = 0;
  bool first_prediction_known_ = false;  // it is constant while weights are
  Activity<T> forward_, output_now_;
  LayerRows<T> v_, f_of_v_, a_, mu_, eps_, error_, force_;
  LayerRows<T> direction_, image_;  // power iteration, one row
  std::vector<double> energies_;
};

template <class T>
RulePointer<T> PredictiveOptions::make(const NetworkDescription& network, std::uint64_t /*seed*/) const {
  return std::make_unique<PredictiveCoding<T>>(network, *this);
}
RuleEntries predictive_coding_rules();

}  // namespace apical::layered
