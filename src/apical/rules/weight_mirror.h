// SPDX-License-Identifier: Apache-2.0
// Weight mirror (Akrout et al., NeurIPS 2019): in a phase without data a layer emits noise xi and the
// feedback synapses correlate it with the response above, B <- (1 - decay) B + eta xi (f(W xi + b) - f(b))^T.
// For a linear response E[B] -> eta sigma^2 / decay W^T, so B finds the direction of W^T. Kernels of a
// convolution take the mean over its positions; where these are averaged, neighbouring entries of a kernel
// mix.
#pragma once

#include "apical/core/fields.h"
#include "apical/rules/delta_rule.h"
#include "apical/rules/feedback_weights.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

struct WeightMirrorOptions {
  int every = 4;             ///< batches from one mirror phase to the next
  std::size_t vectors = 20;  ///< noise vectors per phase, used as one mean
  double sigma = 0.5;        ///< standard deviation of the noise
  double decay = 0.05;
  double eta = 0.2;  ///< 0.05 / sigma^2
};
void fields(FieldVisitor& v, WeightMirrorOptions& o);

/// One mirror step on the feedback Y (shape of W) of one connection. xi (M, n_pre) already has standard
/// deviation sigma. A softmax layer responds through its pre-activation.
template <class T>
void mirror(const Workers& workers, const Connection& connection, const Matrix<T>& W,
            const AlignedBuffer<T>& b, Activation f, In<T> xi, double decay, double eta, Rows<T>& response,
            Matrix<T>& Y);

template <class T>
class WeightMirror final : public DeltaRule<T> {
 public:
  WeightMirror(const NetworkDescription& description, FeedbackWeights<T> feedback,
               WeightMirrorOptions options, std::uint64_t seed);
  std::string_view name() const override { return "weight_mirror"; }
  void rest(bool resting) override { resting_ = resting; }
  const FeedbackWeights<T>& feedback_weights() const { return feedback_; }
  void visit_state(StateVisitor& visit) override {
    visit_matrices<T>(visit, "feedback", feedback_);
    visit("batches", batches_);
  }
  std::vector<OwnWeights<T>> own_weights() override { return own_feedback(feedback_, FeedbackPath::chained); }

 protected:
  MatrixView<const T> feedback(const Network<T>&, std::size_t l) const override {
    return feedback_[l - 1].view();
  }
  void prepare_feedback(const Workers& workers, const Network<T>& network) override;

 private:
  FeedbackWeights<T> feedback_;
  WeightMirrorOptions options_;
  std::uint64_t seed_, batches_ = 0;
  bool resting_ = false;
  Rows<T> noise_, response_;
};

struct MirroredFeedbackOptions {
  WeightMirrorOptions mirror;
  FeedbackStart feedback;
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const {
    return std::make_unique<WeightMirror<T>>(
        network, random_feedback<T>(network, FeedbackPath::chained, feedback, seed), mirror, seed);
  }
};
void fields(FieldVisitor& v, MirroredFeedbackOptions& o);
RuleEntries weight_mirror_rules();

}  // namespace apical::layered
