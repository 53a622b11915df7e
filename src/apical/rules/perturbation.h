// SPDX-License-Identifier: Apache-2.0
// One scalar for all synapses. Every unit adds noise to its drive, a~_l = W_l h~_{l-1} + b_l + sigma xi_l,
// and is told how much better the sample went than expected, R = -(L~ - baseline):
//   REINFORCE for Gaussian units  dW_l = (R/sigma) xi_l h~_{l-1}^T   (Williams, Mach Learn 8:229, 1992)
//   node perturbation             dW_l = (R/sigma) xi_l h_{l-1}^T    (Fiete & Seung, PRL 97:048104, 2006;
//   clean presynaptic side)
#pragma once

#include "apical/core/fields.h"
#include "apical/engine/layered/credit_rule.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

enum class PerturbationForm { node_perturbation, reinforce };

enum class Baseline {
  clean_pass,    ///< the loss of the same sample without noise
  running_mean,  ///< mean loss of past batches: one pass per batch, more variance
  antithetic,    ///< R = -(L~(+xi) - L~(-xi))/2: removes the odd orders in sigma
};

struct PerturbationOptions {
  PerturbationForm form = PerturbationForm::node_perturbation;
  Baseline baseline = Baseline::clean_pass;
  double sigma = 0.05;
  double baseline_rate = 0.05;  ///< running_mean: weight of the newest batch
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const;
};
void fields(FieldVisitor& v, PerturbationOptions& o);

/// Forward pass with sigma xi_l added to every drive. xi has unit variance, one matrix per layer.
template <class T>
void noisy_forward(const Workers& workers, const Network<T>& network, In<T> X, const LayerRows<T>& xi,
                   double sigma, Activity<T>& activity);

/// Unit normal noise for every unit and sample; `number` is that of the batch.
template <class T>
void draw_noise(const NetworkDescription& description, std::size_t rows, std::uint64_t seed,
                std::uint64_t number, LayerRows<T>& xi);

/// dW_l = mean_n reward_n / sigma xi_l pre_{l-1}^T, db_l likewise. `scaled` is scratch.
template <class T>
void reward_credit(const Workers& workers, const NetworkDescription& description, In<T> X,
                   const LayerRows<T>& xi, const LayerRows<T>& pre, std::span<const double> reward,
                   double sigma, LayerRows<T>& scaled, Credit<T>& out);

template <class T>
class PerturbationRule final : public CreditRule<T> {
 public:
  /// Throws ConfigError for sigma <= 0, or for antithetic with the reinforce form (whose two passes have
  /// different h~).
  PerturbationRule(const NetworkDescription& description, PerturbationOptions options, std::uint64_t seed);
  std::string_view name() const override;
  Needs needs() const override {
    return {.separate_phases = options_.baseline != Baseline::running_mean, .global_signal = true};
  }
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  MatrixView<const T> output() const override { return clean_.h.back().view(); }
  void visit_state(StateVisitor& visit) override;

 private:
  PerturbationOptions options_;
  std::uint64_t seed_, batches_ = 0;
  double mean_loss_ = 0;
  Activity<T> clean_, noisy_;
  LayerRows<T> xi_, scaled_;
  std::vector<double> loss_, other_loss_, reward_;
};

template <class T>
RulePointer<T> PerturbationOptions::make(const NetworkDescription& network, std::uint64_t seed) const {
  return std::make_unique<PerturbationRule<T>>(network, *this, seed);
}
RuleEntries perturbation_rules();

}  // namespace apical::layered
