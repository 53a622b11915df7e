// SPDX-License-Identifier: Apache-2.0
// Feedback alignment (Lillicrap, Cownden, Tweed & Akerman, Nat Commun 7:13276, 2016): errors travel through
// fixed random weights, delta_l = (B_l delta_{l+1}) f'(a_l); forward weights come to align with them. Direct
// feedback alignment (Noekland, NeurIPS 2016): the output error goes to every hidden layer, delta_l = (B_l
// delta_L) f'(a_l).
#pragma once

#include "apical/rules/delta_rule.h"
#include "apical/rules/feedback_weights.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

template <class T>
class FeedbackAlignment final : public DeltaRule<T> {
 public:
  FeedbackAlignment(const NetworkDescription& description, FeedbackPath path, FeedbackWeights<T> feedback)
      : path_(path), feedback_(std::move(feedback)) {
    check_feedback(description, path_, feedback_);
  }
  std::string_view name() const override {
    return direct() ? "direct_feedback_alignment" : "feedback_alignment";
  }
  const FeedbackWeights<T>& feedback_weights() const { return feedback_; }
  void visit_state(StateVisitor& visit) override { visit_matrices<T>(visit, "feedback", feedback_); }
  std::vector<OwnWeights<T>> own_weights() override { return own_feedback(feedback_, path_); }

 protected:
  MatrixView<const T> feedback(const Network<T>&, std::size_t l) const override {
    return feedback_[l - 1].view();
  }
  bool direct() const override { return path_ == FeedbackPath::direct; }

 private:
  FeedbackPath path_;
  FeedbackWeights<T> feedback_;
};

struct FeedbackAlignmentOptions {
  FeedbackPath path = FeedbackPath::chained;
  FeedbackStart feedback;
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const {
    return std::make_unique<FeedbackAlignment<T>>(network, path,
                                                  random_feedback<T>(network, path, feedback, seed));
  }
};
inline void fields(FieldVisitor& v, FeedbackAlignmentOptions& o) { fields(v, o.feedback); }
RuleEntries feedback_alignment_rules();

}  // namespace apical::layered
