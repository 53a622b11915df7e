// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/rules/burstprop_rule.h"

#include <utility>

#include "apical/engine/layered/rules/delta_rule.h"

namespace apical::layered {

using burstprop::Feedback;

template <class T>
FeedbackWeights<T> burst_feedback(const NetworkDescription& description, const BurstpropOptions& options, std::uint64_t seed) {
  FeedbackWeights<T> feedback;
  for (std::size_t l = 1; l < description.depth(); ++l) {
    Matrix<T>& Y = feedback.emplace_back(description.weight_rows(l), description.weight_cols(l));
    for (std::size_t i = 0; i < Y.size(); ++i) {
      Y.flat()[i] = static_cast<T>(options.feedback_deviation * normal({seed, Stream::feedback_deviation, static_cast<std::uint32_t>(l - 1), i}));
    }
  }
  return feedback;
}

template <class T>
std::vector<Matrix<T>> burst_recurrence(const NetworkDescription& description, const BurstpropOptions& options, std::uint64_t seed) {
  const auto hidden = static_cast<std::uint32_t>(description.depth() - 1);
  std::vector<Matrix<T>> recurrent;
  for (std::uint32_t l = 0; l < hidden; ++l) {
    const std::size_t n = description.connection(l) ? 0 : description.layers[l].size;
    Matrix<T>& R = recurrent.emplace_back(n, n);
    for (std::size_t i = 0; i < R.size(); ++i) {
      R.flat()[i] = static_cast<T>(uniform({seed, Stream::feedback_deviation, hidden + l, i}, -options.recurrent_range, options.recurrent_range));
    }
  }
  return recurrent;
}

template <class T>
Burstprop<T>::Burstprop(const NetworkDescription& description, BurstpropOptions options, FeedbackWeights<T> feedback,
                        std::vector<Matrix<T>> recurrent)
    : options_(options), feedback_(std::move(feedback)), recurrent_(std::move(recurrent)) {
  for (const Layer& layer : description.layers) {
    if (layer.activation.kind != Activation::sigmoid || description.loss != Loss::mse) {
      throw ConfigError("burstprop has sigmoid units in all layers and the loss mse");
    }
  }
  if (!(options_.baseline > 0 && options_.baseline < 1)) {
    throw ConfigError("burstprop: the baseline burst probability must be above 0 and below 1");
  }
  if (options_.feedback == Feedback::symmetric) {
    feedback_.clear();
  } else {
    check_feedback(description, FeedbackPath::chained, feedback_);
  }
  if (!options_.recurrence) {
    recurrent_.clear();
  } else {
    bool fits = recurrent_.size() + 1 == description.depth();
    for (std::size_t l = 0; fits && l < recurrent_.size(); ++l) {
      const std::size_t n = description.connection(l) ? 0 : description.layers[l].size;
      fits = recurrent_[l].rows() == n && recurrent_[l].cols() == n;
    }
    if (!fits) throw ConfigError("burstprop: recurrent weights need one square matrix per hidden layer, empty for convolutions");
  }
  if (options_.feedback == Feedback::learned) {
    for (Matrix<T>& Y : feedback_) slots_.push_back({Y.flat(), Y.flat(), true});
  }
}

template <class T>
Needs Burstprop<T>::needs() const {
  return {.weight_transport = options_.feedback == Feedback::symmetric, .separate_phases = true};
}

template <class T>
void Burstprop<T>::visit_state(StateVisitor& visit) {
  visit_matrices<T>(visit, "feedback", feedback_);
  visit_matrices<T>(visit, "recurrent", recurrent_);
}

template <class T>
void Burstprop<T>::output_bursts(const Workers& workers, const Batch<T>& batch) {
  const T P = static_cast<T>(options_.baseline);
  const auto e = activity_.h.back().view(), bursts = b_.back().view(), taught = b_teacher_.back().view();
  blend<T>(workers, P, e, 0, e, bursts);
  copy<T>(e, taught);
  combine<T>(workers, taught, batch.Y, [P](T rate, T t) { return P * ((t - rate) * (T(1) - rate) + T(1)) * rate; });
}

template <class T>
void Burstprop<T>::recurrent_input(const Workers& workers, std::size_t l) {
  const auto s = b_[l].view(), q = q_[l].view();
  activate<T>(workers, Activation::sigmoid, s, q);
  combine<T>(workers, q, activity_.h[l].view(), [](T x, T rate) { return x * rate; });
  transmit<T>(workers, kAllToAll, q, recurrent_[l].view(), r_[l].view());
}

template <class T>
void Burstprop<T>::hidden_bursts(const Workers& workers, const Network<T>& network, std::size_t l) {
  const MatrixView<const T> Y = feedback_beside(network, l + 1);
  const Connection& above = network.description.connection(l + 1);
  const auto e = activity_.h[l].view();
  project_back<T>(workers, above, b_[l + 1].view(), Y, b_[l].view());
  project_back<T>(workers, above, b_teacher_[l + 1].view(), Y, b_teacher_[l].view());
  const bool recurs_here = recurs(l);
  if (recurs_here) recurrent_input(workers, l);
  for (LayerRows<T>* side : {&b_, &b_teacher_}) {
    const auto u = (*side)[l].view();
    combine<T>(workers, u, e, [](T s, T rate) { return s * (T(1) - rate); });
    if (recurs_here) blend<T>(workers, 1, u, -1, r_[l].view(), u);
    if (recurs_here && side == &b_) copy<T>(u, u_[l].view());
    activate<T>(workers, Activation::sigmoid, u, u);
    combine<T>(workers, u, e, [](T p, T rate) { return p * rate; });
  }
}

template <class T>
Teaching<T> Burstprop<T>::teaching(std::size_t layer) {
  const MatrixView<const T> e = std::as_const(activity_.h[layer]).view();
  const auto per_event = [&](const Rows<T>& bursts, Rows<T>& out) {  // p = b / e
    const auto view = out.resize(e.rows(), e.cols());
    copy<T>(bursts.view(), view);
    combine<T>({}, view, e, [](T b, T rate) { return rate > 0 ? b / rate : T(0); });
    return view;
  };
  Teaching<T> out;
  out.signal = per_event(difference_[layer], signal_);
  out.gain = e;
  if (layer + 1 == activity_.h.size()) return out;
  const auto slope = per_event(b_[layer], slope_);
  combine<T>({}, slope, e, [](T p, T) { return 4 * p * (1 - p); });
  out.slope = slope;
  return out;
}

template <class T>
double Burstprop<T>::credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                            int /*update*/) {
  const NetworkDescription& description = network.description;
  const std::size_t depth = description.depth();
  check_batch<T>(description, batch.X, batch.Y);
  forward<T>(workers, network, batch.X, activity_);
  for (LayerRows<T>* states : {&b_, &b_teacher_, &difference_}) resize(*states, description, batch.X.rows());
  if (options_.recurrence) {
    for (LayerRows<T>* states : {&q_, &r_, &u_}) resize(*states, description, batch.X.rows());
  }
  output_bursts(workers, batch);
  for (std::size_t l = depth - 1; l-- > 0;) hidden_bursts(workers, network, l);
  for (std::size_t l = 0; l < depth; ++l) blend<T>(workers, 1, b_teacher_[l].view(), -1, b_[l].view(), difference_[l].view());
  correlate_layers<T>(workers, description, difference_, batch.X, activity_.h, 1, out);
  for (std::size_t l = 0; l < slots_.size(); ++l) slots_[l].credit = out.dW[l + 1].flat();
  for (std::size_t l = 0; l < recurrent_.size(); ++l) {
    if (recurs(l)) correlate<T>(workers, kAllToAll, u_[l].view(), q_[l].view(), static_cast<T>(rate_factor_ * options_.recurrent_rate), recurrent_[l].view(), 1);
  }
  return mean_loss<T>(description, activity_, batch.Y);
}

#define APICAL_INSTANTIATE(T)                                                                                                     \
  template FeedbackWeights<T> burst_feedback<T>(const NetworkDescription&, const BurstpropOptions&, std::uint64_t);                  \
  template std::vector<Matrix<T>> burst_recurrence<T>(const NetworkDescription&, const BurstpropOptions&, std::uint64_t);            \
  template class Burstprop<T>;
APICAL_INSTANTIATE(float)
APICAL_INSTANTIATE(double)
#undef APICAL_INSTANTIATE

}  // namespace apical::layered
