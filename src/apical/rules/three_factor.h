// SPDX-License-Identifier: Apache-2.0
// Three-factor learning in time (Fiete & Seung 2006; Fremaux & Gerstner 2016): each synapse keeps an
// eligibility trace of its own noise times its presynaptic activity, and a neuromodulator M, reward minus its
// running mean, turns traces into change:
//   e <- lambda e + xi h^T / sigma,   dW = M e.
// The rows of a batch are successive moments. For lambda = 0 this is REINFORCE with a running baseline.
#pragma once

#include "apical/core/fields.h"
#include "apical/rules/perturbation.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

struct ThreeFactorOptions {
  double lambda = 0.9;          ///< decay of the trace per row, [0, 1)
  double sigma = 0.05;          ///< standard deviation of the noise on the drive
  double baseline_rate = 0.05;  ///< weight of the newest row in the running mean of the loss
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const;
};
void fields(FieldVisitor& v, ThreeFactorOptions& o);

template <class T>
class ThreeFactor final : public CreditRule<T> {
 public:
  /// Throws ConfigError for sigma <= 0 or lambda outside [0, 1).
  ThreeFactor(const NetworkDescription& description, ThreeFactorOptions options, std::uint64_t seed);
  std::string_view name() const override { return "three_factor"; }
  Needs needs() const override { return {.global_signal = true}; }
  /// dW = mean over the rows of M_t e_t.
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  MatrixView<const T> output() const override { return noisy_.h.back().view(); }
  void visit_state(StateVisitor& visit) override;

  /// The neuromodulator of each row of the last batch.
  std::span<const double> neuromodulator() const { return modulator_; }
  const Credit<T>& eligibility() const { return trace_; }

 private:
  ThreeFactorOptions options_;
  std::uint64_t seed_, batches_ = 0;
  double mean_loss_ = 0;
  Activity<T> noisy_;
  LayerRows<T> xi_, scaled_;
  Credit<T> trace_;
  std::vector<double> loss_, modulator_, weight_;
};

template <class T>
RulePointer<T> ThreeFactorOptions::make(const NetworkDescription& network, std::uint64_t seed) const {
  return std::make_unique<ThreeFactor<T>>(network, *this, seed);
}
RuleEntries three_factor_rules();

}  // namespace apical::layered
