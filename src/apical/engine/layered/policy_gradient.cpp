// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/policy_gradient.h"

#include <algorithm>
#include <cmath>

namespace apical::layered {

Advantages generalised_advantages(const Rollout& rollout, double gamma, double lambda) {
  const std::size_t steps = rollout.reward.size();
  if (rollout.end.size() != steps || rollout.value.size() != steps ||
      (!rollout.value_at_limit.empty() && rollout.value_at_limit.size() != steps)) {
    throw DataError("a rollout needs one reward, one end mark and one value per step");
  }
  Advantages result{std::vector<double>(steps), std::vector<double>(steps), std::vector<double>(steps)};
  double next_value = rollout.value_after, next_advantage = 0;
  for (std::size_t t = steps; t-- > 0;) {
    double future = next_value;
    if (rollout.end[t] != StepEnd::going) {
      const bool bootstraps = rollout.end[t] == StepEnd::time_limit && !rollout.value_at_limit.empty();
      future = bootstraps ? rollout.value_at_limit[t] : 0;
      next_advantage = 0;
    }
    result.td[t] = rollout.reward[t] + gamma * future - rollout.value[t];
    result.advantage[t] = next_advantage = result.td[t] + gamma * lambda * next_advantage;
    result.returns[t] = result.advantage[t] + rollout.value[t];
    next_value = rollout.value[t];
  }
  return result;
}

void normalise_advantages(std::span<double> advantage) {
  const double n = static_cast<double>(advantage.size());
  double mean = 0, variance = 0;
  for (const double a : advantage) mean += a / n;
  for (const double a : advantage) variance += (a - mean) * (a - mean) / n;
  for (double& a : advantage) a = (a - mean) / (std::sqrt(variance) + 1e-8);
}

template <class T>
Policy softmax_policy(MatrixView<const T> logits, std::span<const std::uint32_t> action) {
  APICAL_CHECK(action.size() == logits.rows());
  Policy policy{Matrix<double>(logits.rows(), logits.cols()), {}, {}};
  for (std::size_t n = 0; n < logits.rows(); ++n) {
    const auto row = logits.row(n);
    APICAL_CHECK(action[n] < row.size());
    const double largest = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (const T x : row) sum += std::exp(static_cast<double>(x) - largest);
    const double log_sum = largest + std::log(sum);
    double entropy = 0;
    for (std::size_t k = 0; k < row.size(); ++k) {
      const double log_prob = static_cast<double>(row[k]) - log_sum;
      policy.probability(n, k) = std::exp(log_prob);
      entropy -= policy.probability(n, k) * log_prob;
    }
    policy.log_prob.push_back(static_cast<double>(row[action[n]]) - log_sum);
    policy.entropy.push_back(entropy);
  }
  return policy;
}

template <class T>
void reinforce_delta(const Policy& policy, std::span<const std::uint32_t> action,
                     std::span<const double> advantage, MatrixView<T> delta) {
  for (std::size_t n = 0; n < delta.rows(); ++n) {
    for (std::size_t k = 0; k < delta.cols(); ++k) {
      delta(n, k) = static_cast<T>(-advantage[n] * ((k == action[n] ? 1.0 : 0.0) - policy.probability(n, k)));
    }
  }
}

template <class T>
ClippedObjective clipped_objective(const Policy& policy, std::span<const std::uint32_t> action,
                                   std::span<const double> log_prob_old, std::span<const double> advantage,
                                   double clip, double entropy_coefficient, MatrixView<T> delta) {
  const std::size_t steps = action.size();
  APICAL_CHECK(log_prob_old.size() == steps && advantage.size() == steps && delta.rows() == steps);
  ClippedObjective result;
  std::vector<double> weight(steps);
  for (std::size_t n = 0; n < steps; ++n) {
    const double A = advantage[n], ratio = std::exp(policy.log_prob[n] - log_prob_old[n]);
    const bool closed = (A > 0 && ratio > 1 + clip) || (A < 0 && ratio < 1 - clip);
    result.ratio.push_back(ratio);
    result.gate.push_back(closed ? 0 : 1);
    weight[n] = closed ? 0 : ratio * A;
    result.policy_loss -=
        std::min(ratio * A, std::clamp(ratio, 1 - clip, 1 + clip) * A) / static_cast<double>(steps);
    result.mean_entropy += policy.entropy[n] / static_cast<double>(steps);
  }
  reinforce_delta<T>(policy, action, weight, delta);
  if (entropy_coefficient != 0) {
    for (std::size_t n = 0; n < steps; ++n) {
      for (std::size_t k = 0; k < delta.cols(); ++k) {
        const double pi = policy.probability(n, k);
        if (pi > 0)
          delta(n, k) += static_cast<T>(entropy_coefficient * pi * (std::log(pi) + policy.entropy[n]));
      }
    }
  }
  return result;
}

template <class T>
double value_objective(MatrixView<const T> value, std::span<const double> returns, double coefficient,
                       MatrixView<T> delta) {
  APICAL_CHECK(value.rows() == returns.size() && delta.rows() == returns.size() && value.cols() == 1);
  double loss = 0;
  for (std::size_t n = 0; n < returns.size(); ++n) {
    const double e = static_cast<double>(value(n, 0)) - returns[n];
    loss += 0.5 * e * e / static_cast<double>(returns.size());
    delta(n, 0) = static_cast<T>(coefficient * e);
  }
  return loss;
}

template <class T>
void targets_for_delta(In<T> output, In<T> delta, MatrixView<T> targets) {
  copy<T>(output, targets);
  combine<T>(Workers(), targets, delta, [](T h, T d) { return h - d; });
}

template <class T>
Changes<T> zeros_like(std::span<const Trainable<T>> arrays) {
  Changes<T> zeros;
  for (const Trainable<T>& a : arrays) zeros.emplace_back(a.values.size());
  return zeros;
}

template <class T>
void EligibilityTrace<T>::step(double decay, std::span<const Trainable<T>> arrays) {
  APICAL_CHECK(arrays.size() == trace_.size());
  const T keep = static_cast<T>(decay);
  for (std::size_t k = 0; k < trace_.size(); ++k) {
    for (std::size_t i = 0; i < trace_[k].size(); ++i)
      trace_[k][i] = keep * trace_[k][i] + arrays[k].credit[i];
  }
}

template <class T>
void EligibilityTrace<T>::clear() {
  for (AlignedBuffer<T>& e : trace_) std::fill(e.begin(), e.end(), T(0));
}

template <class T>
void EligibilityTrace<T>::release(double modulator, Changes<T>& out) const {
  const T m = static_cast<T>(modulator);
  for (std::size_t k = 0; k < trace_.size(); ++k) {
    for (std::size_t i = 0; i < trace_[k].size(); ++i) out[k][i] += m * trace_[k][i];
  }
}

#define APICAL_INSTANTIATE(T)                                                                              \
  template Policy softmax_policy<T>(MatrixView<const T>, std::span<const std::uint32_t>);                  \
  template ClippedObjective clipped_objective<T>(const Policy&, std::span<const std::uint32_t>,            \
                                                 std::span<const double>, std::span<const double>, double, \
                                                 double, MatrixView<T>);                                   \
  template void reinforce_delta<T>(const Policy&, std::span<const std::uint32_t>, std::span<const double>, \
                                   MatrixView<T>);                                                         \
  template double value_objective<T>(MatrixView<const T>, std::span<const double>, double, MatrixView<T>); \
  template void targets_for_delta<T>(In<T>, In<T>, MatrixView<T>);                                         \
  template Changes<T> zeros_like<T>(std::span<const Trainable<T>>);                                        \
  template class EligibilityTrace<T>;
APICAL_INSTANTIATE(float)
APICAL_INSTANTIATE(double)
#undef APICAL_INSTANTIATE

}  // namespace apical::layered
