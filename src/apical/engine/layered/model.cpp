// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/model.h"

#include <fmt/format.h>

#include <cmath>

namespace apical::layered {

template <class T>
LayeredModel<T>::LayeredModel(Network<T> network, std::unique_ptr<CreditRule<T>> rule,
                              const LayeredSettings& settings, Workers workers)
    : network_(std::move(network)),
      rule_(std::move(rule)),
      workers_(workers),
      credit_(Credit<T>::zeros(network_.description)),
      optimiser_(settings.optimiser),
      feedback_optimiser_(settings.feedback_optimiser.value_or(settings.optimiser)),
      layer_rates_(settings.layer_rates) {
  network_.description.validate();
  if (layer_rates_.empty()) return;
  if (layer_rates_.size() != network_.description.depth()) {
    throw ConfigError(
        fmt::format("{} learning rates for {} layers", layer_rates_.size(), network_.description.depth()));
  }
}

// Spans are taken anew for each batch: whoever holds the network may have replaced its matrices.
template <class T>
std::span<const Trainable<T>> LayeredModel<T>::arrays() {
  forward_arrays_.clear();
  for (std::size_t l = 0; l < credit_.dW.size(); ++l) {
    const double rate = layer_rates_.empty() ? 1 : layer_rates_[l];
    forward_arrays_.push_back({network_.parameters.W[l].flat(), credit_.dW[l].flat(), true, rate});
    forward_arrays_.push_back({network_.parameters.b[l], credit_.db[l], false, rate});
  }
  if (!rule_->feedback_follows_forward()) return forward_arrays_;
  all_arrays_ = forward_arrays_;
  const auto feedback = rule_->learned_feedback();
  for (std::size_t l = 0; l < feedback.size(); ++l) {
    all_arrays_.push_back(feedback[l]);
    if (!layer_rates_.empty()) all_arrays_.back().rate *= layer_rates_[l + 1];  // that of its forward partner
  }
  return all_arrays_;
}

template <class T>
std::span<const Trainable<T>> LayeredModel<T>::feedback_arrays() {
  return rule_->feedback_follows_forward() ? std::span<const Trainable<T>>{} : rule_->learned_feedback();
}

template <class T>
void LayeredModel<T>::check_finite(double loss) const {
  if (std::isfinite(loss)) return;
  throw NumericalFault({.population = std::string(rule_->name()),
                        .quantity = "loss",
                        .unit = 0,
                        .seed = 0,
                        .step = static_cast<std::int64_t>(batches_),
                        .time_ms = 0,
                        .value = loss});
}

template <class T>
double LayeredModel<T>::learn_batch(MatrixView<const T> X, MatrixView<const T> Y, double gain) {
  if (optimiser_.settings().kind == OptimiserKind::sgd && optimiser_.settings().clip_norm == 0 &&
      layer_rates_.empty()) {
    if (const auto loss = rule_->prepare_credit(workers_, network_, {X, Y})) {
      check_finite(*loss);
      const auto [eta, keep] = optimiser_.plain_step(rate_factor_);
      rule_->add_credit(workers_, network_, {X, Y}, static_cast<T>(eta * gain), static_cast<T>(keep));
      ++batches_;
      return *loss;
    }
  }
  double first_loss = 0;
  for (int update = 0; update < rule_->updates_per_batch(); ++update) {
    const double loss = rule_->credit(workers_, network_, {X, Y}, credit_, update);
    check_finite(loss);
    if (update == 0) first_loss = loss;
    const auto trained = arrays();
    const double scale = gain * clip_scale<T>(forward_arrays_, optimiser_.settings().clip_norm / gain);
    optimiser_.apply(workers_, trained, rate_factor_, scale);
    const auto feedback = feedback_arrays();
    if (!feedback.empty()) feedback_optimiser_.apply(workers_, feedback, rate_factor_);
  }
  ++batches_;
  return first_loss;
}

template <class T>
const Credit<T>& LayeredModel<T>::credit(MatrixView<const T> X, MatrixView<const T> Y) {
  check_finite(rule_->credit(workers_, network_, {X, Y}, credit_, 0));
  return credit_;
}

template <class T>
void LayeredModel<T>::apply(const std::vector<AlignedBuffer<T>>& changes) {
  const auto all = arrays();
  APICAL_CHECK(changes.size() == all.size());
  changed_arrays_.assign(all.begin(), all.end());
  for (std::size_t k = 0; k < changes.size(); ++k) changed_arrays_[k].credit = changes[k];
  const auto forward = std::span<const Trainable<T>>(changed_arrays_).first(forward_arrays_.size());
  const double scale = clip_scale<T>(forward, optimiser_.settings().clip_norm);
  optimiser_.apply(workers_, changed_arrays_, rate_factor_, scale);
  ++batches_;
}

template <class T>
void LayeredModel<T>::visit_state(StateVisitor& a) {
  a.section("network", [&] {
    for (std::size_t l = 0; l < network_.parameters.W.size(); ++l) {
      a("W." + std::to_string(l + 1), network_.parameters.W[l].flat());
      a("b." + std::to_string(l + 1), std::span<T>(network_.parameters.b[l]));
    }
  });
  a.section("rule", [&] { rule_->visit_state(a); });
  optimiser_.reserve(arrays());
  feedback_optimiser_.reserve(feedback_arrays());
  a.section("optimiser", [&] { optimiser_.visit_state(a); });
  a.section("feedback_optimiser", [&] { feedback_optimiser_.visit_state(a); });
  a("batches", batches_);
  a("rate_factor", rate_factor_);
  rule_->scale_learning(rate_factor_);
}

template class LayeredModel<float>;
template class LayeredModel<double>;

}  // namespace apical::layered
