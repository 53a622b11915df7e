// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/trial_gradient.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"
#include "apical/engine/readout_loss.h"

namespace apical::rate {
namespace {

void check(const TrialNetwork& network, const CircuitTrial& trial) {
  const std::size_t steps = trial.steps(), populations = network.circuit().populations().size();
  if (trial.targets.size() != steps || trial.mask.size() != steps) {
    throw DataError(fmt::format("a trial of {} steps has {} targets and {} masks", steps,
                                trial.targets.size(), trial.mask.size()));
  }
  const std::size_t outputs = network.circuit()[trial.readout].size;
  for (std::size_t t = 0; t < steps; ++t) {
    if (trial.inputs[t].size() != populations) {
      throw DataError(fmt::format("step {} of a trial has inputs of {} populations, expected {}", t,
                                  trial.inputs[t].size(), populations));
    }
    if (trial.mask[t] != 0 && trial.targets[t].size() != outputs) {
      throw DataError(
          fmt::format("step {} of a trial has {} targets, expected {}", t, trial.targets[t].size(), outputs));
    }
  }
}

/// Steps of a trial, those of one segment at a time, made anew from the states between segments.
class Segments {
 public:
  Segments(const TrialNetwork& network, const CircuitTrial& trial, std::size_t length)
      : network_(network), trial_(trial), length_(length), origin_(network.origin(trial.start)) {
    TrialState state = trial.start;
    for (std::size_t t = 0; t < trial.steps(); ++t) {
      if (t % length_ == 0) kept_.push_back({state, tail()});
      steps_.push_back(network_.step(state, trial_.inputs[t], steps_, t, origin_));
      if (steps_.size() > length_ + delay()) steps_.erase(steps_.begin());
    }
    first_ = trial.steps() - steps_.size();
  }

  const TrialStep& origin() const { return origin_; }
  /// Asked for from the last step to the first.
  const TrialStep& at(std::size_t t) {
    if (t < first_ + (first_ == 0 ? 0 : delay())) make(t / length_);
    return steps_[t - first_];
  }
  /// The steps before t, of which at(t) was asked for.
  std::span<const TrialStep> past(std::size_t t) const { return std::span(steps_).first(t - first_); }

 private:
  struct Kept {
    TrialState state;
    std::vector<TrialStep> past;  ///< as many as delays reach back
  };
  std::size_t delay() const { return static_cast<std::size_t>(network_.longest_delay()); }
  std::vector<TrialStep> tail() const {
    const std::size_t n = std::min(delay(), steps_.size());
    return {steps_.end() - static_cast<std::ptrdiff_t>(n), steps_.end()};
  }
  void make(std::size_t segment) {
    TrialState state = kept_[segment].state;
    steps_ = kept_[segment].past;
    const std::size_t from = segment * length_;
    first_ = from - steps_.size();
    for (std::size_t t = from; t < std::min(from + length_, trial_.steps()); ++t) {
      steps_.push_back(network_.step(state, trial_.inputs[t], steps_, t, origin_));
    }
  }

  const TrialNetwork& network_;
  const CircuitTrial& trial_;
  std::size_t length_, first_ = 0;
  TrialStep origin_;
  std::vector<TrialStep> steps_;
  std::vector<Kept> kept_;
};

std::size_t segment_length(std::size_t steps, std::size_t keep_every) {
  if (keep_every > 0) return keep_every;
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(steps)))));
}

void leave_out_absent_synapses(const TrialNetwork& network, std::vector<Matrix<double>>& gradients) {
  for (std::uint32_t j = 0; j < gradients.size(); ++j) {
    const Matrix<double>& existing = network.existing({j});
    for (std::size_t k = 0; k < existing.size(); ++k) gradients[j].flat()[k] *= existing.flat()[k];
  }
}

/// Every error by a pass of its own, through `horizon` integrations; all steps are kept.
void sliding(const TrialNetwork& network, const CircuitTrial& trial, const TrialGradientOptions& options,
             TrialGradient& result) {
  const TrialStep origin = network.origin(trial.start);
  std::vector<TrialStep> steps;
  TrialState state = trial.start;
  for (std::size_t t = 0; t < trial.steps(); ++t) {
    steps.push_back(network.step(state, trial.inputs[t], steps, t, origin));
  }
  const auto past = [&](std::size_t t) { return std::span(steps).first(t); };
  TrialAdjoint adjoint(network, options.adjoint);
  for (std::size_t t = 0; t < trial.steps(); ++t) {
    const LossGradient loss = loss_of_step(trial, t, steps[t]);
    result.loss += loss.loss;
    if (trial.mask[t] == 0) continue;
    adjoint.cut_here();
    adjoint.back(t, steps[t], past(t), origin, loss, trial.readout);
    for (std::size_t s = t; s-- > 0 && t - s <= *options.horizon;) adjoint.back(s, steps[s], past(s), origin);
  }
  result.of_weights = adjoint.take_gradient();
  leave_out_absent_synapses(network, result.of_weights);
}

}  // namespace

LossGradient loss_of_step(const CircuitTrial& trial, std::size_t t, const TrialStep& step) {
  if (trial.mask[t] == 0) return {};
  const bool potential = trial.loss == TrialLoss::potential;
  const Vector& shown = (potential ? step.before.prospective : step.rate)[trial.readout.value];
  Vector error(shown.size());
  LossGradient g;
  g.loss = readout_loss(trial.loss == TrialLoss::softmax_ce ? ReadoutLoss::softmax_ce : ReadoutLoss::mse,
                        shown, trial.targets[t], trial.mask[t], error);
  (potential ? g.of_potential : g.of_rate) = std::move(error);
  return g;
}

void run_trial(const TrialNetwork& network, const CircuitTrial& trial,
               const std::function<void(std::size_t t, const TrialStep&, const TrialState& after)>& watch) {
  const TrialStep origin = network.origin(trial.start);
  const auto delay = static_cast<std::size_t>(network.longest_delay());
  std::vector<TrialStep> past;
  TrialState state = trial.start;
  for (std::size_t t = 0; t < trial.steps(); ++t) {
    TrialStep step = network.step(state, trial.inputs[t], past, t, origin);
    watch(t, step, state);
    past.push_back(std::move(step));
    if (past.size() > delay) past.erase(past.begin());
  }
}

TrialGradient gradient_through_time(const TrialNetwork& network, const CircuitTrial& trial,
                                    const TrialGradientOptions& options) {
  check(network, trial);
  TrialGradient result;
  if (options.horizon && options.chunk) {
    throw ConfigError("a gradient through time has a horizon or chunks, not both");
  }
  if (options.horizon) {
    sliding(network, trial, options, result);
    return result;
  }
  const std::size_t steps = trial.steps();
  Segments segments(network, trial, segment_length(steps, options.keep_every.value_or(0)));
  TrialAdjoint adjoint(network, options.adjoint);
  const auto stimulus = network.circuit().stimulus();
  result.of_stimulus.resize(stimulus ? steps : 0);
  Vector losses(steps);
  for (std::size_t t = steps; t-- > 0;) {
    if (options.chunk && *options.chunk > 0 && (t + 1) % *options.chunk == 0) adjoint.cut_here();
    const TrialStep& step = segments.at(t);
    const LossGradient loss = loss_of_step(trial, t, step);
    losses[t] = loss.loss;
    adjoint.back(t, step, segments.past(t), segments.origin(), loss, trial.readout);
    if (stimulus) result.of_stimulus[t] = adjoint.of_rate(*stimulus);
    if (options.by_step_of_use) result.by_use.push_back(adjoint.take_gradient());
  }
  for (const double loss : losses) result.loss += loss;
  if (options.by_step_of_use) {
    std::reverse(result.by_use.begin(), result.by_use.end());
    result.of_weights = adjoint.take_gradient();
    for (const auto& use : result.by_use) {
      for (std::size_t j = 0; j < use.size(); ++j) {
        plain::add_scaled(result.of_weights[j].flat(), 1, use[j].flat());
      }
    }
  } else {
    result.of_weights = adjoint.take_gradient();
  }
  leave_out_absent_synapses(network, result.of_weights);
  for (std::uint32_t p = 0; p < network.circuit().populations().size(); ++p) {
    result.of_start_soma.push_back(adjoint.of_soma({p}));
    result.of_start_prospective.push_back(adjoint.of_prospective({p}));
  }
  return result;
}

std::size_t kept_numbers(const TrialNetwork& network, std::size_t steps, std::size_t keep_every) {
  const std::size_t length = segment_length(steps, keep_every);
  return ((steps + length - 1) / length + length) * network.state_size();
}

}  // namespace apical::rate
