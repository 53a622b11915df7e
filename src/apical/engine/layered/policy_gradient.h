// SPDX-License-Identifier: Apache-2.0
// Learning from reward: advantages, the clipped policy objective and its gate, as pure functions. They end at
// the logits: what they return is delta = dLoss/dlogits per sample, which any credit rule can carry further
// down. The gate is a quantity of its own: a fast binary switch that closes plasticity where the policy has
// already moved far enough.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apical/engine/layered/network.h"
#include "apical/engine/layered/optimiser.h"

namespace apical::layered {

enum class StepEnd : std::uint8_t {
  going,       ///< the episode continues
  terminal,    ///< the state after this action has no future
  time_limit,  ///< the episode was cut; its future is worth V of the final state, if that is given
};

/// One environment's steps 0..T-1 in order.
struct Rollout {
  std::span<const double> reward;
  std::span<const StepEnd> end;
  std::span<const double> value;  ///< V(s_t)
  double value_after = 0;         ///< V of the state after the last step
  /// V of the final state at steps with StepEnd::time_limit (other entries unused). Empty: time limits count
  /// as terminal, which is common and slightly wrong.
  std::span<const double> value_at_limit;
};

struct Advantages {
  std::vector<double> td;         ///< r_t + gamma V_{t+1} - V_t, the reward prediction error
  std::vector<double> advantage;  ///< A_t = td_t + gamma lambda A_{t+1} within an episode
  std::vector<double> returns;    ///< A_t + V_t
};

/// Generalised advantage estimation (Schulman et al., ICLR 2016).
Advantages generalised_advantages(const Rollout& rollout, double gamma, double lambda);

/// (A - mean)/(population standard deviation + 1e-8), in place.
void normalise_advantages(std::span<double> advantage);

/// A softmax policy over logits, one row per step.
struct Policy {
  Matrix<double> probability;    ///< (N, actions)
  std::vector<double> log_prob;  ///< of the action taken
  std::vector<double> entropy;   ///< nats
};
template <class T>
Policy softmax_policy(MatrixView<const T> logits, std::span<const std::uint32_t> action);

struct ClippedObjective {
  std::vector<double> ratio;  ///< pi/pi_old of the action taken
  std::vector<double> gate;   ///< 0 if (A>0 and ratio>1+eps) or (A<0 and ratio<1-eps), else 1
  double policy_loss = 0;     ///< -mean min(r A, clip(r) A)
  double mean_entropy = 0;
};

/// PPO (Schulman et al., arXiv:1707.06347). delta (N, actions) = -(g r A)(onehot - pi) + c_e pi (log pi + H).
template <class T>
ClippedObjective clipped_objective(const Policy& policy, std::span<const std::uint32_t> action,
                                   std::span<const double> log_prob_old, std::span<const double> advantage,
                                   double clip, double entropy_coefficient, MatrixView<T> delta);

/// REINFORCE: delta = -A (onehot - pi). With A = 1 it is minus the gradient of log pi at the logits.
template <class T>
void reinforce_delta(const Policy& policy, std::span<const std::uint32_t> action,
                     std::span<const double> advantage, MatrixView<T> delta);

/// 1/2 mean (V - return)^2 and delta (N, 1) = coefficient (V - return).
template <class T>
double value_objective(MatrixView<const T> value, std::span<const double> returns, double coefficient,
                       MatrixView<T> delta);

/// Targets that make any credit rule on a linear output with loss mse see the given delta at its output: y =
/// h - delta.
template <class T>
void targets_for_delta(In<T> output, In<T> delta, MatrixView<T> targets);

/// One array for each array of parameters, of the same length.
template <class T>
using Changes = std::vector<AlignedBuffer<T>>;
template <class T>
Changes<T> zeros_like(std::span<const Trainable<T>> arrays);

/// Eligibility of the parameters: e <- decay e + credit, where the credit is grad log pi of a policy or grad
/// V of a value; the neuromodulator times e is the change. Clear it when an episode ends.
template <class T>
class EligibilityTrace {
 public:
  explicit EligibilityTrace(std::span<const Trainable<T>> arrays) : trace_(zeros_like(arrays)) {}
  /// The credit of the same arrays in the same order.
  void step(double decay, std::span<const Trainable<T>> arrays);
  void clear();
  /// out += modulator e
  void release(double modulator, Changes<T>& out) const;
  const Changes<T>& values() const { return trace_; }
  template <class Archive>
  void visit_state(Archive& a) {
    for (std::size_t k = 0; k < trace_.size(); ++k) a("trace." + std::to_string(k), std::span<T>(trace_[k]));
  }

 private:
  Changes<T> trace_;
};

}  // namespace apical::layered
