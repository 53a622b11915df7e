// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/burst_ccn.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "apical/rules/delta_rule.h"

namespace apical::layered {
namespace {

/// N(0, deviation), in place.
template <class T>
void draw_normal(Matrix<T>& m, double deviation, std::uint64_t seed, std::size_t object) {
  for (std::size_t i = 0; i < m.size(); ++i) {
    m.flat()[i] = static_cast<T>(
        deviation * normal({seed, Stream::feedback_deviation, static_cast<std::uint32_t>(object), i}));
  }
}

/// Zeros in the shapes of chained feedback.
template <class T>
FeedbackWeights<T> feedback_zeros(const NetworkDescription& description) {
  FeedbackWeights<T> zeros;
  for (std::size_t l = 1; l < description.depth(); ++l)
    zeros.emplace_back(description.weight_rows(l), description.weight_cols(l));
  return zeros;
}

}  // namespace

template <class T>
FeedbackWeights<T> ccn_burst_weights(const NetworkDescription& description, const BurstCcnOptions& options,
                                     std::uint64_t seed) {
  if (options.feedback == CcnFeedback::symmetric) return {};
  if (options.deviation == 0)
    return random_feedback<T>(description, FeedbackPath::chained, options.start, seed);
  FeedbackWeights<T> Y = feedback_zeros<T>(description);
  for (std::size_t l = 0; l < Y.size(); ++l) draw_normal(Y[l], options.deviation, seed, l);
  return Y;
}

template <class T>
FeedbackWeights<T> ccn_event_weights(const BurstCcnOptions& options, const FeedbackWeights<T>& Y,
                                     std::uint64_t seed) {
  if (options.cancelling == CcnCancelling::balanced) return {};
  FeedbackWeights<T> Q = Y;
  for (std::size_t l = 0; l < Q.size(); ++l) {
    for (T& q : Q[l].flat()) q *= static_cast<T>(options.baseline);
    if (options.cancelling_start > 0) draw_normal(Q[l], options.cancelling_start, seed, Y.size() + l);
  }
  return Q;
}

template <class T>
BurstCcn<T>::BurstCcn(const NetworkDescription& description, BurstCcnOptions options, FeedbackWeights<T> Y,
                      FeedbackWeights<T> Q)
    : options_(options), Y_(std::move(Y)), Q_(std::move(Q)) {
  for (const Layer& layer : description.layers) {
    if (layer.activation.kind != Activation::sigmoid || description.loss != Loss::mse) {
      throw FieldError::about({"activation", "output", "loss"},
                              "burst_ccn works on sigmoid units in all layers with the loss mse");
    }
  }
  check_fields(options_);
  if (symmetric()) {
    Y_.clear();
  } else {
    check_feedback(description, FeedbackPath::chained, Y_);
  }
  if (!apart()) {
    Q_.clear();
  } else {
    check_feedback(description, FeedbackPath::chained, Q_);
    imbalance_ = feedback_zeros<T>(description);
  }
  const bool learned = options_.feedback == CcnFeedback::learned;
  if (!learned && options_.feedback != CcnFeedback::apical_events &&
      options_.feedback != CcnFeedback::apical_bursts)
    return;
  Y_credit_ = feedback_zeros<T>(description);
  if (apart() && options_.feedback != CcnFeedback::apical_bursts) Q_credit_ = feedback_zeros<T>(description);
  const double own_Y = feedback_follows_forward() ? 1 : options_.Y_rate;
  const double own_Q = feedback_follows_forward() ? 1 : options_.Q_rate;
  for (std::size_t l = 0; l < Y_.size(); ++l)
    slots_.push_back({Y_[l].flat(), Y_credit_[l].flat(), learned, own_Y});
  for (std::size_t l = 0; l < Q_credit_.size(); ++l)
    slots_.push_back({Q_[l].flat(), Q_credit_[l].flat(), learned, own_Q});
}

template <class T>
void BurstCcn<T>::visit_state(StateVisitor& visit) {
  visit_matrices<T>(visit, "burst_feedback", Y_);
  visit_matrices<T>(visit, "event_feedback", Q_);
}

template <class T>
void BurstCcn<T>::output_excess(const Workers& workers, In<T> target) {
  const MatrixView<T> x = excess_.back().view();
  copy<T>(target, x);
  const T scale = static_cast<T>(options_.baseline * options_.error_scale);
  combine<T>(workers, x, output(), [scale](T t, T e) { return scale * (t - e) * (T(1) - e) * e; });
}

template <class T>
void BurstCcn<T>::hidden_excess(const Workers& workers, const Network<T>& network, std::size_t l) {
  const Connection& above = network.description.connection(l + 1);
  const MatrixView<T> a = apical_[l].view(), x = excess_[l].view();
  const MatrixView<const T> e = std::as_const(activity_.h[l]).view();
  project_back<T>(workers, above, excess_[l + 1].view(), feedback_beside(network, l + 1), a);
  const T P = static_cast<T>(options_.baseline);
  if (apart()) {
    Matrix<T>& D = imbalance_[l];
    blend<T>(workers, 1, Q_[l].view(), -P, feedback_beside(network, l + 1), D.view());
    project_back<T>(workers, above, activity_.h[l + 1].view(), D.view(), a, -1, 1);
  }
  // p - P = P tanh(a (1 - e)/P)
  copy<T>(a, x);
  combine<T>(workers, x, e, [P](T input, T rate) { return input * (T(1) - rate) / P; });
  activate<T>(workers, Activation::tanh, x, x);
  combine<T>(workers, x, e, [P](T share, T rate) { return P * share * rate; });
}

template <class T>
void BurstCcn<T>::feedback_credit(const Workers& workers, const NetworkDescription& description,
                                  const Credit<T>& out) {
  const T P = static_cast<T>(options_.baseline);
  for (std::size_t l = 0; l < Y_credit_.size(); ++l) {
    const Connection& above = description.connection(l + 1);
    MatrixView<T> dY = Y_credit_[l].view();
    switch (options_.feedback) {
      case CcnFeedback::learned:
        copy<T>(out.dW[l + 1].view(), dY);
        if (!Q_credit_.empty()) blend<T>(workers, P, dY, 0, dY, Q_credit_[l].view());
        break;
      case CcnFeedback::apical_events:
        correlate<T>(workers, above, activity_.h[l + 1].view(), apical_[l].view(), -1, dY);
        if (!Q_credit_.empty()) blend<T>(workers, -1, dY, 0, dY, Q_credit_[l].view());
        break;
      case CcnFeedback::apical_bursts: {
        const MatrixView<T> b = bursts_.resize(excess_[l + 1].rows(), excess_[l + 1].cols());
        blend<T>(workers, 1, excess_[l + 1].view(), P, activity_.h[l + 1].view(), b);
        correlate<T>(workers, above, b, apical_[l].view(), -1, dY);
        break;
      }
      case CcnFeedback::fixed:
      case CcnFeedback::symmetric:
        break;
    }
  }
}

template <class T>
double BurstCcn<T>::credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                           Credit<T>& out, int /*update*/) {
  const NetworkDescription& description = network.description;
  check_batch<T>(description, batch.X, batch.Y);
  forward<T>(workers, network, batch.X, activity_);
  resize(excess_, description, batch.X.rows());
  resize(apical_, description, batch.X.rows());
  output_excess(workers, batch.Y);
  for (std::size_t l = description.depth() - 1; l-- > 0;) hidden_excess(workers, network, l);
  const double scale = options_.divide_scales ? 1 / (options_.baseline * options_.error_scale) : 1;
  correlate_layers<T>(workers, description, excess_, batch.X, activity_.h, static_cast<T>(scale), out);
  feedback_credit(workers, description, out);
  return mean_loss<T>(description, activity_, batch.Y);
}

template <class T>
Teaching<T> BurstCcn<T>::teaching(std::size_t layer) {
  const MatrixView<const T> e = std::as_const(activity_.h[layer]).view();
  const auto signal = signal_.resize(e.rows(), e.cols());
  copy<T>(excess_[layer].view(), signal);
  combine<T>({}, signal, e, [](T x, T rate) { return rate > 0 ? x / rate : T(0); });
  Teaching<T> out;
  out.signal = signal;
  out.gain = e;
  if (layer + 1 == activity_.h.size()) return out;
  const auto slope = slope_.resize(e.rows(), e.cols());
  const T P = static_cast<T>(options_.baseline);
  copy<T>(signal, slope);
  combine<T>({}, slope, e, [P](T difference, T) { return T(1) - (difference / P) * (difference / P); });
  out.slope = slope;
  return out;
}

template FeedbackWeights<float> ccn_burst_weights<float>(const NetworkDescription&, const BurstCcnOptions&,
                                                         std::uint64_t);
template FeedbackWeights<double> ccn_burst_weights<double>(const NetworkDescription&, const BurstCcnOptions&,
                                                           std::uint64_t);
template FeedbackWeights<float> ccn_event_weights<float>(const BurstCcnOptions&,
                                                         const FeedbackWeights<float>&, std::uint64_t);
template FeedbackWeights<double> ccn_event_weights<double>(const BurstCcnOptions&,
                                                           const FeedbackWeights<double>&, std::uint64_t);
template class BurstCcn<float>;
template class BurstCcn<double>;

void fields(FieldVisitor& v, BurstCcnOptions& o) {
  v.choice(
      {"feedback", "",
       "weights Y of bursts stay as they start, make the changes of the forward weights (Kolen-Pollack), "
       "are the forward weights, or learn to silence dendrites: by the events above (Q learns as well), "
       "or by the bursts above"},
      o.feedback, {"fixed", "learned", "symmetric", "apical_events", "apical_bursts"});
  v.choice(
      {"cancelling", "",
       "weights Q by which events are taken off bursts are P Y at every moment, or weights of their own"},
      o.cancelling, {"balanced", "apart"});
  v({"p_baseline", "", "P, burst probability without a teacher", between(0, 1)}, o.baseline);
  v({"error_scale", "", "s, share of the error that output bursts tell; published for MNIST: 0.5",
     more_than(0)},
    o.error_scale);
  v({"divide_scales", "", "credit is divided by P s, so that a learning rate means what it does elsewhere"},
    o.divide_scales);
  fields(v, o.start);
  v({"feedback_deviation", "",
     "standard deviation of all initial feedback weights; 0: as feedback_init and feedback_gain say",
     at_least(0)},
    o.deviation);
  v({"cancelling_deviation", "", "of initial Q with weights of its own; 0: they start as P Y", at_least(0)},
    o.cancelling_start);
  v({"feedback_follows", "",
     "learned: with the optimiser of the forward weights (else with that of feedback)"},
    o.follow);
  v({"y_rate", "", "factor on the learning rate of feedback, for Y that does not follow", at_least(0)},
    o.Y_rate);
  v({"q_rate", "", "the same for Q", at_least(0)}, o.Q_rate);
  if (o.feedback == CcnFeedback::symmetric && o.cancelling == CcnCancelling::apart) {
    throw FieldError::about({"feedback", "cancelling"},
                            "symmetric feedback has no Q of its own: cancelling = \"apart\" contradicts it");
  }
  if (o.feedback == CcnFeedback::apical_events && o.cancelling == CcnCancelling::balanced) {
    throw FieldError::about({"feedback", "cancelling"},
                            "with apical_events Q learns, which needs weights of its own",
                            "set cancelling = \"apart\"");
  }
}

RuleEntries burst_ccn_rules() {
  ModelDefaults model = logistic_units();
  model.init = WeightInit::glorot_normal;
  model.gain = 3.6;
  model.batch = 32;
  model.optimiser = {
      .kind = OptimiserKind::sgd, .learning_rate = 0.15, .weight_decay = 5e-5, .decay = DecayKind::coupled};
  return {
      {.name = "burst_ccn",
       .description =
           "bursts carry the teacher down and events cancel what is no news, so that one phase is enough; "
           "defaults of the network for MNIST",
       .citation = "Greedy, Zhu, Pemberton, Mellor & Costa, NeurIPS 2022",
       .options = BurstCcnOptions{},
       .model = model,
       .feedback_learns_apart = true}};
}

}  // namespace apical::layered
