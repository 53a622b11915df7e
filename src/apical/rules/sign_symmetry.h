// SPDX-License-Identifier: Apache-2.0
// Sign symmetry (Liao, Leibo & Poggio, AAAI 2016; Moskovitz et al. 2018): feedback has the signs of the
// forward weights and magnitudes of its own, B_l = M o sign(W_{l+1}^T), sign(0) = 0. The signs are read again
// for every batch.
#pragma once

#include "apical/rules/delta_rule.h"
#include "apical/rules/feedback_weights.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

enum class SignMagnitude {
  uniform,       ///< uSF: one number per layer
  fixed_random,  ///< frSF: |R|, drawn once
  batch_random,  ///< brSF: |R|, drawn again for each batch
};

/// sqrt(2/(n_l+n_{l+1})) in every entry: the magnitude of uSF in BioTorch (Sanfiz & Akrout 2021).
template <class T>
FeedbackWeights<T> uniform_magnitude(const NetworkDescription& description);
/// |R| with R Glorot uniform; `round` counts redraws.
template <class T>
FeedbackWeights<T> random_magnitude(const NetworkDescription& description, std::uint64_t seed,
                                    std::uint64_t round = 0);

template <class T>
class SignSymmetry final : public DeltaRule<T> {
 public:
  /// uniform or fixed_random: `magnitude` in the shapes of the forward weights. batch_random: redrawn from
  /// `seed`.
  SignSymmetry(const NetworkDescription& description, SignMagnitude kind, FeedbackWeights<T> magnitude,
               std::uint64_t seed = 0);
  std::string_view name() const override;
  Needs needs() const override {
    return {.weight_transport = true, .separate_phases = true, .signed_errors = true};
  }
  const FeedbackWeights<T>& feedback_weights() const { return feedback_; }
  void visit_state(StateVisitor& visit) override {
    visit_matrices<T>(visit, "magnitude", magnitude_);
    visit("batches", batches_);
  }
  /// Where they are drawn once: others follow from the network, or are drawn anew.
  std::vector<OwnWeights<T>> own_weights() override {
    if (kind_ != SignMagnitude::fixed_random) return {};
    return own_feedback(magnitude_, FeedbackPath::chained, "magnitude");
  }

 protected:
  void prepare_feedback(const Workers& workers, const Network<T>& network) override;
  MatrixView<const T> feedback(const Network<T>&, std::size_t l) const override {
    return feedback_[l - 1].view();
  }

 private:
  SignMagnitude kind_;
  FeedbackWeights<T> magnitude_, feedback_;
  std::vector<double> fans_;
  std::uint64_t seed_, batches_ = 0;
};

struct SignSymmetryOptions {
  SignMagnitude magnitude = SignMagnitude::uniform;
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const {
    return std::make_unique<SignSymmetry<T>>(network, magnitude,
                                             magnitude == SignMagnitude::uniform
                                                 ? uniform_magnitude<T>(network)
                                                 : random_magnitude<T>(network, seed),
                                             seed);
  }
};
inline void fields(FieldVisitor&, SignSymmetryOptions&) {}
RuleEntries sign_symmetry_rules();

}  // namespace apical::layered
