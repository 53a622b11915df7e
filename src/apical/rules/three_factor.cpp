// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/three_factor.h"

#include <cmath>

#include "apical/rules/feedback_weights.h"

namespace apical::layered {
namespace {

template <class T>
void add_scaled(std::span<T> to, std::span<const T> from, double to_factor, double from_factor) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] = static_cast<T>(to_factor) * to[i] + static_cast<T>(from_factor) * from[i];
  }
}

template <class T>
void add_scaled(Credit<T>& to, const Credit<T>& from, double to_factor, double from_factor) {
  for (std::size_t l = 0; l < to.dW.size(); ++l) {
    add_scaled<T>(to.dW[l].flat(), from.dW[l].flat(), to_factor, from_factor);
    add_scaled<T>(to.db[l], from.db[l], to_factor, from_factor);
  }
}

}  // namespace

template <class T>
ThreeFactor<T>::ThreeFactor(const NetworkDescription& description, ThreeFactorOptions options,
                            std::uint64_t seed)
    : options_(options), seed_(seed), trace_(Credit<T>::zeros(description)) {
  if (!(options_.sigma > 0))
    throw FieldError::about({"sigma"}, "three-factor learning needs a noise sigma above 0");
  if (!(options_.lambda >= 0 && options_.lambda < 1))
    throw FieldError::about({"trace_decay"}, "three-factor learning: lambda must be in [0, 1)");
}

template <class T>
void ThreeFactor<T>::visit_state(StateVisitor& visit) {
  visit_matrices<T>(visit, "trace", trace_.dW);
  for (std::size_t l = 0; l < trace_.db.size(); ++l)
    visit("trace_offset." + std::to_string(l + 1), std::span<T>(trace_.db[l]));
  visit("batches", batches_);
  visit("mean_loss", mean_loss_);
}

template <class T>
double ThreeFactor<T>::credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                              Credit<T>& out, int /*update*/) {
  const NetworkDescription& description = network.description;
  check_batch<T>(description, batch.X, batch.Y);
  const std::size_t rows = batch.X.rows();
  const double lambda = options_.lambda, N = static_cast<double>(rows);
  for (auto* v : {&loss_, &modulator_, &weight_}) v->resize(rows);
  draw_noise<T>(description, rows, seed_, batches_, xi_);
  noisy_forward<T>(workers, network, batch.X, xi_, options_.sigma, noisy_);
  sample_losses<T>(description, noisy_, batch.Y, loss_);
  if (batches_++ == 0) mean_loss_ = loss_[0];
  for (std::size_t t = 0; t < rows; ++t) {
    modulator_[t] = -(loss_[t] - mean_loss_);
    mean_loss_ += options_.baseline_rate * (loss_[t] - mean_loss_);
  }
  // Row s meets every later modulator through its decaying trace: sum_t M_t e_t = sum_s (sum_{t>=s}
  // lambda^(t-s) M_t) xi_s h_s^T
  // + (sum_t lambda^(t+1) M_t) e_before.
  double ahead = 0;
  for (std::size_t t = rows; t-- > 0;) weight_[t] = ahead = modulator_[t] + lambda * ahead;
  reward_credit<T>(workers, description, batch.X, xi_, noisy_.h, weight_, options_.sigma, scaled_, out);
  add_scaled<T>(out, trace_, 1, lambda * ahead / N);
  double age = 1;
  for (std::size_t t = rows; t-- > 0; age *= lambda) weight_[t] = age;
  const double kept = std::pow(lambda, N);
  for (std::size_t l = 0; l < scaled_.size(); ++l) {
    const auto post = scaled_[l].view();
    for (std::size_t n = 0; n < rows; ++n) {
      const T factor = static_cast<T>(weight_[n] / options_.sigma);
      for (std::size_t i = 0; i < post.cols(); ++i) post(n, i) = factor * xi_[l].view()(n, i);
    }
    const Connection& connection = description.connection(l);
    correlate<T>(workers, connection, post, presynaptic<T>(batch.X, noisy_.h, l), static_cast<T>(N),
                 trace_.dW[l].view(), static_cast<T>(kept));
    batch_mean<T>(connection, post, static_cast<T>(N), trace_.db[l], static_cast<T>(kept));
  }
  double mean = 0;
  for (const double loss : loss_) mean += loss / N;
  return mean;
}

template class ThreeFactor<float>;
template class ThreeFactor<double>;

void fields(FieldVisitor& v, ThreeFactorOptions& o) {
  v({"trace_decay",
     "",
     "share of an eligibility trace that stays from one sample to the next",
     {.low = 0, .high = 1, .below = true}},
    o.lambda);
  v({"sigma", "", "standard deviation of the noise on every unit's drive", more_than(0)}, o.sigma);
  v({"baseline_rate", "", "weight of the newest sample in the running mean of the loss"}, o.baseline_rate);
}

RuleEntries three_factor_rules() {
  return {{.name = "three_factor",
           .description = "eligibility traces of noise times presynaptic activity, gated by a neuromodulator",
           .citation = "Fremaux & Gerstner, Front Neural Circuits 9:85, 2016",
           .options = ThreeFactorOptions{}}};
}

}  // namespace apical::layered
