// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/burst_ccn_in_time.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "apical/core/error.h"

namespace apical::layered {
namespace {

template <class T>
T logistic(T x) {
  return 1 / (1 + std::exp(-x));
}

template <class T>
bool weights_fit(const BurstCcnInTimeWeights<T>& w) {
  const std::size_t depth = w.W.size();
  bool fits = depth > 0 && w.c.size() == depth && w.Y.size() + 1 == depth && w.Q.size() + 1 == depth;
  for (std::size_t l = 0; fits && l < depth; ++l) {
    fits = w.c[l].size() == w.W[l].rows() && (l == 0 || w.W[l].cols() == w.W[l - 1].rows());
    if (l == 0) continue;
    for (const Matrix<T>* m : {&w.Y[l - 1], &w.Q[l - 1]})
      fits = fits && m->rows() == w.W[l].rows() && m->cols() == w.W[l].cols();
  }
  return fits;
}

}  // namespace

template <class T>
BurstCcnInTime<T>::BurstCcnInTime(BurstCcnInTimeOptions options, BurstCcnInTimeWeights<T> weights)
    : o_(std::move(options)), w_(std::move(weights)) {
  if (!weights_fit(w_)) {
    throw ConfigError(
        "BurstCCN in time: weights do not fit together; expected an offset per unit, and Y and Q of each "
        "hidden "
        "layer in the shape of the weights above it");
  }
  if (!(o_.dt > 0 && o_.tau_z >= o_.dt && o_.tau_u >= o_.dt)) {
    throw ConfigError(
        fmt::format("BurstCCN in time: a step of {} with time constants {} and {}; expected more "
                    "than 0 and at most either",
                    o_.dt, o_.tau_z, o_.tau_u));
  }
  if (!(o_.baseline > 0 && o_.baseline < 1))
    throw ConfigError(
        fmt::format("BurstCCN in time: baseline is {}; expected above 0 and below 1", o_.baseline));
  if (o_.order == CcnOrder::delayed) {
    bool fits = o_.trace_tau.size() == layers();
    for (const double tau : o_.trace_tau) fits = fits && tau >= o_.dt;
    if (!fits) {
      throw ConfigError(
          fmt::format("BurstCCN in time: the delayed order has a trace for each of the {} layers, "
                      "with a time constant of at least a step",
                      layers()));
    }
  }
  for (const Matrix<T>& W : w_.W) {
    const std::size_t n = W.rows();
    for (Layers* states : {&z_, &e_, &b_, &e_before_, &p_before_, &b_before_}) states->emplace_back(n, T(0));
    p_.emplace_back(n, static_cast<T>(o_.initial_burst_probability));
    u_.emplace_back(n, T(0));
    for (Layers* traces : {&trace_, &read_}) traces->emplace_back(W.cols(), T(0));
  }
  u_.pop_back();  // the output has no dendrite
}

template <class T>
void BurstCcnInTime<T>::integrate_soma(std::size_t l, std::span<const T> below) {
  const T k = static_cast<T>(o_.dt / o_.tau_z);
  for (std::size_t i = 0; i < z_[l].size(); ++i) {
    T drive = 0;
    for (std::size_t j = 0; j < below.size(); ++j) drive += w_.W[l](i, j) * below[j];
    z_[l][i] += k * (-z_[l][i] + drive + w_.c[l][i]);
    e_[l][i] = logistic(z_[l][i]);
  }
}

template <class T>
void BurstCcnInTime<T>::tell_output(std::span<const T> target) {
  const T P = static_cast<T>(o_.baseline);
  const auto& e = e_.back();
  for (std::size_t i = 0; i < e.size(); ++i)
    p_.back()[i] = target.empty() ? P : P + P * (target[i] - e[i]) * (1 - e[i]);
}

template <class T>
void BurstCcnInTime<T>::integrate_dendrite(std::size_t l, std::span<const T> own_events,
                                           std::span<const T> bursts_above, std::span<const T> events_above) {
  const T k = static_cast<T>(o_.dt / o_.tau_u), beta = static_cast<T>(o_.beta);
  for (std::size_t i = 0; i < u_[l].size(); ++i) {
    T input = 0;
    for (std::size_t j = 0; j < bursts_above.size(); ++j)
      input += w_.Y[l](j, i) * bursts_above[j] + w_.Q[l](j, i) * events_above[j];
    u_[l][i] += k * (-u_[l][i] + beta * (1 - own_events[i]) * input);
    p_[l][i] = logistic(u_[l][i]);
  }
}

/// What learning reads: of the input the new trace, of rates the one before this step.
template <class T>
void BurstCcnInTime<T>::follow_traces(std::span<const T> input) {
  for (std::size_t l = 0; l < layers(); ++l) {
    const T k = static_cast<T>(o_.dt / o_.trace_tau[l]);
    if (l > 0) read_[l] = trace_[l];
    const std::span<const T> from = l == 0 ? input : std::span<const T>(e_before_[l - 1]);
    for (int filtering = 0; filtering < (l == 0 ? 1 : 2); ++filtering) {
      for (std::size_t j = 0; j < from.size(); ++j) trace_[l][j] += k * (from[j] - trace_[l][j]);
    }
    if (l == 0) read_[l] = trace_[l];
  }
}

template <class T>
void BurstCcnInTime<T>::learn(std::size_t l, std::span<const T> events, std::span<const T> below) {
  const T rate = static_cast<T>(o_.dt * o_.eta), P = static_cast<T>(o_.baseline);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const T change = rate * (p_before_[l][i] - P) * events[i];
    for (std::size_t j = 0; j < below.size(); ++j) w_.W[l](i, j) += change * below[j];
    w_.c[l][i] += change;
  }
}

template <class T>
void BurstCcnInTime<T>::step(std::span<const T> input, std::span<const T> target) {
  if (input.size() != w_.W.front().cols() || (!target.empty() && target.size() != w_.W.back().rows())) {
    throw DataError(
        fmt::format("BurstCCN in time: {} inputs and {} targets; expected {} and {} (or no target)",
                    input.size(), target.size(), w_.W.front().cols(), w_.W.back().rows()));
  }
  e_before_ = e_;
  p_before_ = p_;
  b_before_ = b_;
  const bool cascade = o_.order == CcnOrder::cascade;
  const std::size_t top = layers() - 1;
  for (std::size_t l = 0; l <= top; ++l)
    integrate_soma(l, l == 0 ? input : std::span<const T>(cascade ? e_[l - 1] : e_before_[l - 1]));
  tell_output(target);
  for (std::size_t l = top; l-- > 0;) {
    const bool events_of_now = cascade && l + 1 < top;
    integrate_dendrite(l, cascade ? e_[l] : e_before_[l], b_before_[l + 1],
                       events_of_now ? e_[l + 1] : e_before_[l + 1]);
  }
  for (std::size_t l = 0; l <= top; ++l) {
    for (std::size_t i = 0; i < b_[l].size(); ++i) b_[l][i] = p_[l][i] * e_[l][i];
  }
  if (!cascade) follow_traces(input);
  if (!target.empty()) {
    for (std::size_t l = 0; l <= top; ++l) {
      const std::span<const T> now = l == 0 ? input : std::span<const T>(e_[l - 1]);
      learn(l, cascade && l < top ? e_[l] : e_before_[l], cascade ? now : std::span<const T>(read_[l]));
    }
    for (std::size_t l = 0; o_.transport && l < top; ++l) {
      w_.Y[l] = w_.W[l + 1];
      for (std::size_t k = 0; k < w_.Q[l].size(); ++k)
        w_.Q[l].flat()[k] = -static_cast<T>(o_.baseline) * w_.W[l + 1].flat()[k];
    }
  }
  for (std::size_t l = 0; l <= top; ++l) {
    for (std::size_t i = 0; i < z_[l].size(); ++i) {
      if (std::isfinite(z_[l][i]) && std::isfinite(b_[l][i])) continue;
      throw NumericalFault({.population = fmt::format("layer {}", l + 1),
                            .quantity = "z",
                            .unit = i,
                            .seed = 0,
                            .step = steps_,
                            .time_ms = 0,
                            .value = static_cast<double>(z_[l][i])});
    }
  }
  ++steps_;
}

template <class T>
void BurstCcnInTime<T>::visit_state(StateVisitor& visit) {
  const auto layers_of = [&](const char* name, Layers& states) {
    for (std::size_t l = 0; l < states.size(); ++l)
      visit(std::string(name) + "." + std::to_string(l + 1), std::span<T>(states[l]));
  };
  const auto matrices_of = [&](const char* name, std::vector<Matrix<T>>& matrices) {
    for (std::size_t l = 0; l < matrices.size(); ++l)
      visit(std::string(name) + "." + std::to_string(l + 1), matrices[l].flat());
  };
  matrices_of("W", w_.W);
  layers_of("c", w_.c);
  matrices_of("Y", w_.Y);
  matrices_of("Q", w_.Q);
  layers_of("z", z_);
  layers_of("e", e_);
  layers_of("p", p_);
  layers_of("b", b_);
  layers_of("u", u_);
  layers_of("trace", trace_);
  visit("steps", steps_);
}

template class BurstCcnInTime<float>;
template class BurstCcnInTime<double>;

}  // namespace apical::layered
