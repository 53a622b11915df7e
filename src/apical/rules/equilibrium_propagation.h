// SPDX-License-Identifier: Apache-2.0
// Equilibrium propagation (Scellier & Bengio, Front Comput Neurosci 11:24, 2017): a free phase settles to
// s^0, a nudged phase from there to s^beta with the output pulled towards the target, and every synapse
// compares the two:
//   one-sided  dW_l = (s^b_l s^b_{l-1}^T - s^0_l s^0_{l-1}^T) / beta
//   symmetric  dW_l = (s^{+b}_l s^{+b}_{l-1}^T - s^{-b}_l s^{-b}_{l-1}^T) / (2 beta)   (Laborieux et al.
//   2021)
// For beta -> 0 this is minus the gradient of 1/2 |s^0_L - y|^2 at the free fixed point. With softmax outputs
// the top layer is a readout outside the energy that learns by its own gradient at the free fixed point, (y -
// p) s^0^T, and nudges the layer below by beta W_L^T (y - p); the limit is then the gradient of the
// cross-entropy (Laborieux et al. 2021).
#pragma once

#include "apical/core/fields.h"
#include "apical/engine/layered/credit_rule.h"
#include "apical/engine/layered/settling.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

enum class Nudging {
  one_sided,    ///< +beta against free
  random_sign,  ///< one-sided with the sign of beta drawn for each batch
  symmetric,    ///< +beta against -beta
};

struct EquilibriumOptions {
  Nudging nudging = Nudging::symmetric;
  double beta = 0.1;  ///< not 0; negative allowed for one_sided
  Settling free{.max_steps = 30};
  Settling nudged{.max_steps = 10};
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const;
};
void fields(FieldVisitor& v, EquilibriumOptions& o);

template <class T>
class EquilibriumPropagation final : public CreditRule<T> {
 public:
  /// Throws ConfigError for beta = 0, a loss other than mse or ce, or a readout without a layer that settles.
  EquilibriumPropagation(const NetworkDescription& description, EquilibriumOptions options,
                         std::uint64_t seed = 0);
  std::string_view name() const override { return "equilibrium_propagation"; }
  Needs needs() const override { return {.weight_transport = true, .separate_phases = true}; }
  /// The loss is that of the free phase.
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  MatrixView<const T> output() const override { return free_.back().view(); }
  /// The free phase.
  void predict(const Workers& workers, const Network<T>& network, MatrixView<const T> X,
               MatrixView<T> out) override;
  bool answer_further(const Workers& workers, const Network<T>& network, MatrixView<const T> X,
                      MatrixView<T> out) override;
  /// Of the cost at the free fixed point, settled further than the free phase need be.
  bool exact_credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                    Credit<T>& out) override;
  void visit_state(StateVisitor& visit) override { visit("batches", batches_); }

  const LayerRows<T>& free_phase() const { return free_; }
  /// State of the nudged phase (for symmetric: at +beta).
  const LayerRows<T>& nudged_phase() const { return nudged_; }
  /// State at -beta; symmetric only.
  const LayerRows<T>& opposite_phase() const { return opposite_; }

 private:
  void nudge(const Workers& workers, const Network<T>& network, const Batch<T>& batch, double beta,
             LayerRows<T>& s);

  EquilibriumOptions options_;
  std::uint64_t seed_, batches_ = 0;
  SettlingNetwork<T> settling_;
  LayerRows<T> free_, nudged_, opposite_, prediction_;
  Rows<T> missing_;
};

template <class T>
RulePointer<T> EquilibriumOptions::make(const NetworkDescription& network, std::uint64_t seed) const {
  return std::make_unique<EquilibriumPropagation<T>>(network, *this, seed);
}
RuleEntries equilibrium_propagation_rules();

}  // namespace apical::layered
