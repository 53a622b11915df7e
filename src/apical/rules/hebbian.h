// SPDX-License-Identifier: Apache-2.0
// Rules without an error, for linear responses y = W x:
//   Hebb      dW = y x^T                                   (Hebb 1949; the weight norm grows without bound)
//   Oja       dw = y x - y^2 w, every unit on its own      (Oja, J Math Biol 15:267, 1982)
//   subspace  dW = y x^T - y y^T W                         (Oja 1989)
//   GHA       dW = y x^T - lowertri(y y^T) W               (Sanger 1989; diagonal included)
// As a credit rule: hidden layers learn this way from their drive W_l h_{l-1}, the readout by the delta rule,
// hidden biases not at all. A baseline that uses no label below the top.
#pragma once

#include "apical/engine/layered/credit_rule.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

enum class HebbianForm { hebb, oja, subspace, gha };

/// Change of W (m, n) for responses y (N, m) to x (N, n), mean over the batch. `lateral` is scratch of (m,
/// m).
template <class T>
void hebbian_change(const Workers& workers, HebbianForm form, In<T> W, In<T> y, In<T> x, Rows<T>& lateral,
                    MatrixView<T> dW);

template <class T>
class HebbianRule final : public CreditRule<T> {
 public:
  /// Throws ConfigError if a layer is a convolution.
  HebbianRule(const NetworkDescription& description, HebbianForm form);
  std::string_view name() const override;
  Needs needs() const override;
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  MatrixView<const T> output() const override { return activity_.h.back().view(); }

 private:
  HebbianForm form_;
  Activity<T> activity_;
  Rows<T> response_, lateral_, delta_;
};

struct HebbianOptions {
  HebbianForm form = HebbianForm::oja;
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t /*seed*/) const {
    return std::make_unique<HebbianRule<T>>(network, form);
  }
};
inline void fields(FieldVisitor&, HebbianOptions&) {}
RuleEntries hebbian_rules();

}  // namespace apical::layered
