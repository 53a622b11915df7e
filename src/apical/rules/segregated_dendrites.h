// SPDX-License-Identifier: Apache-2.0
// Segregated dendrites (Guerguiev, Lillicrap & Richards, eLife 6:e22901, 2017), steady-state rate reduction.
// Hidden neurons learn from the difference of two plateau potentials of their apical dendrite, which hears
// the output through random Y: alpha^f at the end of the forward phase, alpha^t at the end of the target
// phase, alpha = sigmoid(Y r_L). Rates r = phi_max sigmoid(V).
//   hidden V = k_B (W r_below + b),  k_B = g_B/(g_L+g_B);  output forward V^f = k_D U, U = W r_below + b, k_D
//   = g_D/(g_L+g_D); target V^t = (g_D U + g_E E_E + g_I E_I)/(g_L+g_D+g_E+g_I) with teaching conductances
//   g_E = y, g_I = 1-y dW_L = P_out k_D (r^t - r^f) phi_max sigmoid'(V^f) r_below^T;  dW_l = P_hidden k_B
//   (alpha^t - alpha^f) phi_max sigmoid'(V) r_below^T
#pragma once

#include "apical/core/fields.h"
#include "apical/engine/layered/credit_rule.h"
#include "apical/rules/feedback_weights.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

/// Conductances, reversal potentials and rates as in the authors' code; the apical dendrite has no current
/// into the soma (g_A = 0), so hidden rates are the same in both phases.
struct SegregatedOptions {
  double phi_max = 0.2;  ///< per ms
  double g_B = 0.6, g_L = 0.1, g_D = 0.6;
  double E_E = 8, E_I = -8;
  double P_hidden = 100;  ///< 20/phi_max
  double P_out = 500;     ///< 20/phi_max^2
};
void fields(FieldVisitor& v, SegregatedOptions& o);

/// ConfigError unless all units are sigmoid, as those with segregated dendrites are.
void check_sigmoid_units(const NetworkDescription& description);

template <class T>
class SegregatedDendrites final : public CreditRule<T> {
 public:
  /// Y in the shapes of direct feedback, (n_L, n_l). Throws ConfigError unless all units are sigmoid and the
  /// loss is mse or bce.
  SegregatedDendrites(const NetworkDescription& description, SegregatedOptions options, FeedbackWeights<T> Y);
  std::string_view name() const override { return "segregated_dendrites"; }
  Needs needs() const override { return {.separate_phases = true}; }
  /// The loss is mean 1/2 |r^f_L/phi_max - y|^2.
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  /// r^f_L/phi_max, between 0 and 1.
  MatrixView<const T> output() const override { return output_.view(); }
  void predict(const Workers& workers, const Network<T>& network, MatrixView<const T> X,
               MatrixView<T> out) override;
  void visit_state(StateVisitor& visit) override { visit_matrices<T>(visit, "feedback", Y_); }
  std::vector<OwnWeights<T>> own_weights() override { return own_feedback(Y_, FeedbackPath::direct); }

  /// Somatic potentials and rates of the forward phase.
  const LayerRows<T>& potential() const { return V_; }
  const LayerRows<T>& rate() const { return r_; }
  const Rows<T>& output_drive() const { return U_; }
  const Rows<T>& target_potential() const { return V_target_; }
  const Rows<T>& target_rate() const { return r_target_; }
  const LayerRows<T>& plateau_forward() const { return alpha_forward_; }
  const LayerRows<T>& plateau_target() const { return alpha_target_; }

 private:
  void forward_phase(const Workers& workers, const Network<T>& network, MatrixView<const T> X);
  void rates(const Workers& workers, Rows<T>& V, Rows<T>& r) const;

  SegregatedOptions options_;
  double k_B_, k_D_;
  FeedbackWeights<T> Y_;
  LayerRows<T> V_, r_, alpha_forward_, alpha_target_, post_;
  Rows<T> U_, V_target_, r_target_, output_;
};

struct SegregatedRuleOptions {
  SegregatedOptions physiology;
  FeedbackStart feedback;
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const {
    return std::make_unique<SegregatedDendrites<T>>(
        network, physiology, random_feedback<T>(network, FeedbackPath::direct, feedback, seed));
  }
};
void fields(FieldVisitor& v, SegregatedRuleOptions& o);
RuleEntries segregated_dendrites_rules();

}  // namespace apical::layered
