// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/burstprop_rule.h"

#include <utility>

#include "apical/engine/layered/kernels.h"

namespace apical::layered {

template <class T>
std::vector<Matrix<T>> burst_recurrence(const NetworkDescription& description,
                                        const BurstpropOptions& options, std::uint64_t seed) {
  const auto hidden = static_cast<std::uint32_t>(description.depth() - 1);
  std::vector<Matrix<T>> recurrent;
  for (std::uint32_t l = 0; l < hidden; ++l) {
    const std::size_t n = description.connection(l) ? 0 : description.layers[l].size;
    Matrix<T>& R = recurrent.emplace_back(n, n);
    for (std::size_t i = 0; i < R.size(); ++i) {
      R.flat()[i] = static_cast<T>(uniform({seed, Stream::feedback_deviation, hidden + l, i},
                                           -options.recurrent_range, options.recurrent_range));
    }
  }
  return recurrent;
}

template <class T>
Burstprop<T>::Burstprop(const NetworkDescription& description, BurstpropOptions options,
                        FeedbackWeights<T> feedback, std::vector<Matrix<T>> recurrent)
    : BurstRule<T>(description, options, std::move(feedback)), recurrent_(std::move(recurrent)) {
  for (const Layer& layer : description.layers) {
    if (layer.activation.kind != Activation::sigmoid || description.loss != Loss::mse) {
      throw FieldError::about(
          {"activation", "output", "loss"},
          "burstprop has sigmoid units in all layers and the loss mse, or relu units and softmax with the "
          "loss ce");
    }
  }
  if (!options.recurrence) {
    recurrent_.clear();
    return;
  }
  bool fits = recurrent_.size() + 1 == description.depth();
  for (std::size_t l = 0; fits && l < recurrent_.size(); ++l) {
    const std::size_t n = description.connection(l) ? 0 : description.layers[l].size;
    fits = recurrent_[l].rows() == n && recurrent_[l].cols() == n;
  }
  if (!fits)
    throw ConfigError(
        "burstprop: recurrent weights need one square matrix per hidden layer, empty for convolutions");
  for (LayerRows<T>* states : {&q_, &r_, &u_}) states->resize(recurrent_.size());
}

template <class T>
void Burstprop<T>::visit_state(StateVisitor& visit) {
  BurstRule<T>::visit_state(visit);
  visit_matrices<T>(visit, "recurrent", recurrent_);
}

template <class T>
std::vector<OwnWeights<T>> Burstprop<T>::own_weights() {
  std::vector<OwnWeights<T>> out = BurstRule<T>::own_weights();
  for (std::size_t l = 0; l < recurrent_.size(); ++l) {
    if (recurs(l)) out.push_back({.from = l + 1, .to = l + 1, .values = recurrent_[l].view()});
  }
  return out;
}

template <class T>
void Burstprop<T>::output_bursts(const Workers& workers, In<T> e, In<T> y, MatrixView<T> b,
                                 MatrixView<T> difference) {
  const T P = static_cast<T>(this->options_.baseline);
  blend<T>(workers, P, e, 0, e, b);
  copy<T>(e, difference);
  combine<T>(workers, difference, y, [P](T rate, T t) { return P * (t - rate) * (T(1) - rate) * rate; });
}

template <class T>
void Burstprop<T>::recurrent_input(const Workers& workers, std::size_t l, In<T> e, In<T> s) {
  const auto q = q_[l].resize(s.rows(), s.cols()), r = r_[l].resize(s.rows(), s.cols()),
             u = u_[l].resize(s.rows(), s.cols());
  activate<T>(workers, Activation::sigmoid, s, q);
  combine<T>(workers, q, e, [](T x, T rate) { return x * rate; });
  transmit<T>(workers, kAllToAll, q, recurrent_[l].view(), r);
  copy<T>(s, u);
  combine<T>(workers, u, e, [](T x, T rate) { return x * (T(1) - rate); });
  blend<T>(workers, 1, u, -1, r, u);
}

template <class T>
void Burstprop<T>::hidden_bursts(const Workers& workers, std::size_t l, In<T> e, MatrixView<T> b,
                                 MatrixView<T> difference) {
  if (recurs(l)) recurrent_input(workers, l, e, b);
  workers.run_ranges(e.rows(), 1, [&](std::size_t n, std::size_t) {
    const auto r = recurs(l) ? std::span<const T>(r_[l].view().row(n)) : std::span<const T>();
    logistic_bursts<T>(e.row(n), r, b.row(n), difference.row(n));
  });
}

template <class T>
void Burstprop<T>::learn_recurrence(const Workers& workers) {
  for (std::size_t l = 0; l < recurrent_.size(); ++l) {
    if (!recurs(l)) continue;
    correlate<T>(workers, kAllToAll, u_[l].view(), q_[l].view(),
                 static_cast<T>((resting_ ? 0 : rate_factor_) * this->options_.recurrent_rate),
                 recurrent_[l].view(), 1);
  }
}

template std::vector<Matrix<float>> burst_recurrence<float>(const NetworkDescription&,
                                                            const BurstpropOptions&, std::uint64_t);
template std::vector<Matrix<double>> burst_recurrence<double>(const NetworkDescription&,
                                                              const BurstpropOptions&, std::uint64_t);
template class Burstprop<float>;
template class Burstprop<double>;

RuleEntries burstprop_rules() {
  const OptimiserSettings momentum{.kind = OptimiserKind::momentum,
                                   .learning_rate = 0.32,
                                   .momentum = 0.9,
                                   .weight_decay = 1e-6,
                                   .decay = DecayKind::unscaled};
  ModelDefaults model = logistic_units();
  model.init = WeightInit::glorot_normal;
  model.gain = 3.6;
  model.batch = 32;
  model.optimiser = momentum;
  return {
      {.name = "burstprop",
       .description =
           "events carry activity up, bursts carry the teacher down; defaults of the CIFAR-10 network, with "
           "the published 0.01 for sums over batches of 32",
       .citation = "Payeur, Guerguiev, Zenke, Richards & Naud, Nat Neurosci 24:1010, 2021",
       .options = BurstpropOptions{},
       .model = model}};
}

}  // namespace apical::layered
