// SPDX-License-Identifier: Apache-2.0
// Kolen-Pollack (Kolen & Pollack 1994; Akrout et al., NeurIPS 2019): a feedback synapse sees the same two
// neurons as its forward partner, so it makes the same change; with decay on both, B - W^T shrinks by (1 -
// decay) per update whatever the data: W += eta dW - decay W, B += eta dW^T - decay B.
#pragma once

#include "apical/rules/delta_rule.h"
#include "apical/rules/feedback_weights.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

template <class T>
class KolenPollack final : public DeltaRule<T> {
 public:
  KolenPollack(const NetworkDescription& description, FeedbackWeights<T> feedback)
      : feedback_(std::move(feedback)) {
    check_feedback(description, FeedbackPath::chained, feedback_);
    for (Matrix<T>& B : feedback_) slots_.push_back({B.flat(), B.flat(), true});
  }
  std::string_view name() const override { return "kolen_pollack"; }
  std::span<const Trainable<T>> learned_feedback() override { return slots_; }
  bool feedback_follows_forward() const override { return true; }
  const FeedbackWeights<T>& feedback_weights() const { return feedback_; }
  void visit_state(StateVisitor& visit) override { visit_matrices<T>(visit, "feedback", feedback_); }
  std::vector<OwnWeights<T>> own_weights() override { return own_feedback(feedback_, FeedbackPath::chained); }

 protected:
  MatrixView<const T> feedback(const Network<T>&, std::size_t l) const override {
    return feedback_[l - 1].view();
  }
  bool learns_feedback() const override { return true; }
  void learn_feedback(const Workers&, const Network<T>&, const Batch<T>&, Credit<T>& out) override {
    for (std::size_t l = 0; l < feedback_.size(); ++l) slots_[l].credit = out.dW[l + 1].flat();
  }

 private:
  FeedbackWeights<T> feedback_;
  std::vector<Trainable<T>> slots_;  // their credit is that of the forward weights, once there is one
};

struct KolenPollackOptions {
  FeedbackStart feedback;
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const {
    return std::make_unique<KolenPollack<T>>(
        network, random_feedback<T>(network, FeedbackPath::chained, feedback, seed));
  }
};
inline void fields(FieldVisitor& v, KolenPollackOptions& o) { fields(v, o.feedback); }
RuleEntries kolen_pollack_rules();

}  // namespace apical::layered
