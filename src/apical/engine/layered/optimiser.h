// SPDX-License-Identifier: Apache-2.0
// How a credit becomes a change of parameters. c is the credit (downhill), eta the learning rate times the
// schedule's factor.
//   sgd       w += eta c
//   momentum  v <- mu v + c,  w += eta v                                            (Polyak 1964, rate
//   outside as in PyTorch) adam      m <- b1 m + (1-b1) c,  v <- b2 v + (1-b2) c^2,
//             w += eta (m/(1-b1^t)) / (sqrt(v/(1-b2^t)) + epsilon)                  (Kingma & Ba, ICLR 2015)
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/engine/layered/workers.h"

namespace apical::layered {

enum class OptimiserKind { sgd, momentum, adam };
std::string optimiser_name(OptimiserKind kind);
OptimiserKind optimiser_from_name(std::string_view name);

/// What decay acts on the value before the update.
enum class DecayKind {
  coupled,    ///< c - decay w takes the place of c (L2 penalty)
  decoupled,  ///< w -= eta decay w (AdamW, Loshchilov & Hutter, ICLR 2019)
  unscaled,   ///< w -= decay w (Kolen & Pollack 1994)
};
std::string decay_name(DecayKind kind);
DecayKind decay_from_name(std::string_view name);

struct OptimiserSettings {
  OptimiserKind kind = OptimiserKind::sgd;
  double learning_rate = 0.1;
  double momentum = 0.9;                              ///< momentum only
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< adam only
  double weight_decay = 0;
  DecayKind decay = DecayKind::decoupled;
  double clip_norm = 0;   ///< scale the credit of all forward parameters together down to this norm; 0: never
  void validate() const;  ///< Throws ConfigError.
};

/// A parameter array and its credit (same length).
template <class T>
struct Trainable {
  std::span<T> values;
  std::span<const T> credit;
  bool decays = true;  ///< matrices decay, offsets do not
  double rate = 1;     ///< multiplies the learning rate
};

template <class T>
class Optimiser {
 public:
  explicit Optimiser(OptimiserSettings settings);
  const OptimiserSettings& settings() const { return settings_; }

  /// One update of all arrays, always the same arrays in the same order. `factor` multiplies the learning
  /// rate (the schedule), `credit_scale` the credit (clipping).
  void apply(const Workers& workers, std::span<const Trainable<T>> arrays, double factor = 1,
             double credit_scale = 1);

  /// For plain SGD the whole update is w = keep w + eta c: (eta, keep), counted as a step.
  std::pair<double, double> plain_step(double factor);

  template <class Archive>
  void visit_state(Archive& visit) {
    for (std::size_t k = 0; k < first_.size(); ++k)
      visit("first_moment." + std::to_string(k), std::span<T>(first_[k]));
    for (std::size_t k = 0; k < second_.size(); ++k)
      visit("second_moment." + std::to_string(k), std::span<T>(second_[k]));
    visit("steps", steps_);
  }
  /// Allocates the state for these arrays, so that a checkpoint can be read into it before the first update.
  void reserve(std::span<const Trainable<T>> arrays);

 private:
  OptimiserSettings settings_;
  std::vector<AlignedBuffer<T>> first_, second_;
  std::uint64_t steps_ = 0;
};

/// min(1, limit / Euclidean norm of all credits together); 1 for limit 0. Sums in double, in order.
template <class T>
double clip_scale(std::span<const Trainable<T>> arrays, double limit);

}  // namespace apical::layered
