// SPDX-License-Identifier: Apache-2.0
// Recirculation (Hinton & McClelland 1988): an auto-encoder sends its activity once around a closed loop,
// with regression lambda, and every synapse learns from the change that the loop makes:
//   h1 = f(W v0 + b_h);  v2 = lambda v0 + (1-lambda) f(V h1 + b_v);  h3 = lambda h1 + (1-lambda) f(W v2 +
//   b_h) dV = (v0 - v2) h1^T,  dW = (h1 - h3) v2^T; biases likewise without the presynaptic factor.
#pragma once

#include "apical/engine/layered/credit_rule.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

/// For networks n - m - n: W_1 = W, W_2 = V. Targets are ignored, the input is its own target; the loss is
/// mean 1/2 |f(V h1 + b_v) - v0|^2.
template <class T>
class Recirculation final : public CreditRule<T> {
 public:
  /// Throws ConfigError unless the network has two layers, as many outputs as inputs, no softmax, and 0 <=
  /// lambda < 1.
  Recirculation(const NetworkDescription& description, double lambda = 0.75);
  std::string_view name() const override { return "recirculation"; }
  Needs needs() const override { return {.separate_phases = true}; }
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  MatrixView<const T> output() const override { return reconstruction_.view(); }

  const Rows<T>& hidden_first() const { return h1_; }
  const Rows<T>& visible_second() const { return v2_; }
  const Rows<T>& hidden_third() const { return h3_; }

 private:
  double lambda_;
  Rows<T> h1_, v2_, h3_, reconstruction_, change_;
};

struct RecirculationOptions {
  double lambda = 0.75;
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t /*seed*/) const {
    return std::make_unique<Recirculation<T>>(network, lambda);
  }
};
void fields(FieldVisitor& v, RecirculationOptions& o);
RuleEntries recirculation_rules();

}  // namespace apical::layered
