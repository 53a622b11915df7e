// SPDX-License-Identifier: Apache-2.0
// Two phases of one settling network, s_l = f(W_l s_{l-1} + gamma W_{l+1}^T s_{l+1} + b_l): minus, output
// free; plus, output clamped to the target. Contrastive Hebbian learning (Movellan 1990; Xie & Seung, Neural
// Comput 15:441, 2003):
//   dW_l = gamma^(l-L) (s+_l s+_{l-1}^T - s-_l s-_{l-1}^T).
// GeneRec (O'Reilly, Neural Comput 8:895, 1996): dW_l = (s+_l - s-_l) s-_{l-1}^T.
#pragma once

#include "apical/core/fields.h"
#include "apical/engine/layered/credit_rule.h"
#include "apical/engine/layered/settling.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

enum class ContrastiveForm { hebbian, generec };

struct ContrastiveOptions {
  ContrastiveForm form = ContrastiveForm::hebbian;
  double feedback_gain = 0.02;  ///< gamma > 0
  bool depth_factor = true;     ///< multiply by gamma^(l-L); as published for hebbian, an option for generec
  Settling settling{.dynamics = Dynamics::sweeps, .max_steps = 15};
  Settling prediction{.dynamics = Dynamics::sweeps, .max_steps = 30};
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const;
};
void fields(FieldVisitor& v, ContrastiveOptions& o);

/// credit() reports the loss as mean 1/2 |s-_L - y|^2. predict() is the settled minus phase: after learning
/// the feedback changes the output, so a forward pass would not do.
template <class T>
class ContrastiveHebbian final : public CreditRule<T> {
 public:
  /// Throws ConfigError for a softmax output or gain <= 0.
  ContrastiveHebbian(const NetworkDescription& description, ContrastiveOptions options);
  std::string_view name() const override;
  Needs needs() const override { return {.weight_transport = true, .separate_phases = true}; }
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  MatrixView<const T> output() const override { return minus_.back().view(); }
  void predict(const Workers& workers, const Network<T>& network, MatrixView<const T> X,
               MatrixView<T> out) override;
  bool answer_further(const Workers& workers, const Network<T>& network, MatrixView<const T> X,
                      MatrixView<T> out) override;

  const LayerRows<T>& minus_phase() const { return minus_; }
  const LayerRows<T>& plus_phase() const { return plus_; }

 private:
  ContrastiveOptions options_;
  SettlingNetwork<T> settling_;
  LayerRows<T> minus_, plus_, difference_, prediction_;
};

template <class T>
RulePointer<T> ContrastiveOptions::make(const NetworkDescription& network, std::uint64_t /*seed*/) const {
  return std::make_unique<ContrastiveHebbian<T>>(network, *this);
}
RuleEntries contrastive_rules();

}  // namespace apical::layered
