// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/recurrent_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "apical/core/divergence.h"
#include "apical/core/error.h"
#include "apical/engine/recurrent/network.h"

namespace apical {
namespace {

constexpr const char *kUnits = "a1", *kReadout = "a2";

recurrent::Trial rate_trial(const ShownTrial& t, const Matrix<double>& pushes) {
  return {.inputs = t.inputs, .targets = t.targets, .mask = t.mask, .start = {}, .push = pushes};
}

recurrent::SpikingTrial spiking_trial(const ShownTrial& t) {
  return {.inputs = t.inputs, .targets = t.targets, .mask = t.mask};
}

template <class Numbers, class Weights, class Feedback>
Numbers numbers_of(std::string_view parameter, Weights& weights, Feedback& feedback) {
  if (parameter == "input->a1") return weights.U.flat();
  if (parameter == "a1->a1") return weights.W.flat();
  if (parameter == "a1->a2") return weights.V.flat();
  if (parameter == "a1.offsets") return weights.b;
  if (parameter == "a2.offsets") return weights.c;
  return feedback.flat();
}

/// In place.
void to_probabilities(std::span<double> y) {
  const double largest = *std::max_element(y.begin(), y.end());
  double sum = 0;
  for (double& v : y) sum += v = std::exp(v - largest);
  for (double& v : y) v /= sum;
}

double mean_absolute_error(const Matrix<double>& outputs, const ShownTrial& trial) {
  const std::size_t first = trial.targets.rows() - outputs.rows();
  double sum = 0;
  for (std::size_t t = 0; t < outputs.rows(); ++t) {
    for (std::size_t k = 0; k < outputs.cols(); ++k)
      sum += std::abs(outputs(t, k) - trial.targets(first + t, k));
  }
  return sum / static_cast<double>(outputs.size());
}

}  // namespace

std::size_t ShownTrial::answer_steps() const {
  return static_cast<std::size_t>(std::count_if(mask.begin(), mask.end(), [](double m) { return m > 0; }));
}

RecurrentModel::RecurrentModel(const models::RecurrentNetwork& d, std::uint64_t seed)
    : description_(d),
      seed_(seed),
      weights_(models::initial_weights(d, seed)),
      feedback_(models::initial_feedback(d, seed)),
      optimiser_(d.optimiser),
      mean_error_(std::max<std::size_t>(2, d.outputs), 0.0) {  // one output may tell two classes
  if (d.spiking()) {
    spiking_ = models::spiking_network(d);
  } else {
    rate_ = models::rate_network(d);
  }
  take_weights();
  const recurrent::Weights nothing = recurrent::zeros_like(weights_);
  const auto all = arrays(nothing);
  optimiser_.reserve(all);
}

void RecurrentModel::take_weights() {
  if (description_.spiking()) {
    for (std::size_t i = 0; i < weights_.W.rows(); ++i) weights_.W(i, i) = 0;
    recurrent::set_weights(spiking_, weights_);
  } else {
    recurrent::set_weights(rate_, weights_);
  }
}

RecurrentModel::Course RecurrentModel::run(const ShownTrial& trial, const Matrix<double>& pushes) const {
  Course course;
  if (description_.spiking()) {
    course = recurrent::run(spiking_, spiking_trial(trial));
  } else {
    course = recurrent::run(rate_, rate_trial(trial, pushes));
  }
  check_course(course);
  return course;
}

void RecurrentModel::blame(std::string_view population, std::string_view quantity, std::size_t unit,
                           double value) const {
  throw NumericalFault({.population = std::string(population),
                        .quantity = std::string(quantity),
                        .unit = unit,
                        .seed = seed_,
                        .step = static_cast<std::int64_t>(batches_),
                        .time_ms = 0,
                        .value = value});
}

/// Weights first: they know the unit that is to blame.
void RecurrentModel::check_course(const Course& course) const {
  const auto look = [&](const char* population, std::string_view quantity, const std::vector<double>& values,
                        std::size_t step) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!has_diverged(values[i])) continue;
      check();
      blame(population, fmt::format("{} in step {} of a sample", quantity, step), i, values[i]);
    }
  };
  std::visit(
      [&]<class Step>(const std::vector<Step>& steps) {
        for (std::size_t t = 0; t < steps.size(); ++t) {
          if constexpr (std::is_same_v<Step, recurrent::Step>) {
            look(kUnits, "state", steps[t].state, t);
          } else {
            look(kUnits, "potential", steps[t].v, t);
          }
          look(kReadout, "output", steps[t].y, t);
        }
      },
      course);
}

TrialAnswer RecurrentModel::answer_of(const ShownTrial& trial, const Course& course) const {
  TrialAnswer answer;
  const std::size_t wanted = trial.answer_steps();
  answer.outputs = Matrix<double>(wanted, description_.outputs);
  answer.mean_rate.assign(description_.units, 0.0);
  std::visit(
      [&]<class Step>(const std::vector<Step>& steps) {
        for (std::size_t t = 0; t < steps.size(); ++t) {
          const double share = 1 / static_cast<double>(steps.size());
          if constexpr (std::is_same_v<Step, recurrent::Step>) {
            plain::add_scaled(answer.mean_rate, share, steps[t].shown);
          } else {
            plain::add_scaled(answer.mean_rate, share, steps[t].z);
          }
          if (t + wanted < steps.size()) continue;
          const auto row = answer.outputs.row(t + wanted - steps.size());
          std::copy(steps[t].y.begin(), steps[t].y.end(), row.begin());
          if (description_.loss == ReadoutLoss::softmax_ce) to_probabilities(row);
        }
      },
      course);
  return answer;
}

TrialAnswer RecurrentModel::answer(const ShownTrial& trial) const { return answer_of(trial, run(trial, {})); }

TrialCredit RecurrentModel::credit(const ShownTrial& trial, std::uint64_t number,
                                   std::optional<RewardedTrial>& rewarded) const {
  const recurrent::TrialAddress address{seed_, number};
  const bool waits = description_.rule.kind == recurrent::RuleKind::reward;
  Matrix<double> pushes;
  if (waits)
    pushes =
        recurrent::draw_pushes(description_.rule.reward, trial.inputs.rows(), description_.units, address);
  const Course course = run(trial, pushes);
  TrialAnswer answer = answer_of(trial, course);
  TrialCredit out;
  out.mean_rate = std::move(answer.mean_rate);
  if (const auto* spikes = std::get_if<std::vector<recurrent::SpikingStep>>(&course)) {
    out.uphill = recurrent::credit_of(description_.rule, spiking_, feedback_, spiking_trial(trial), *spikes);
    return out;
  }
  const auto& steps = std::get<std::vector<recurrent::Step>>(course);
  if (!waits) {
    out.uphill = recurrent::credit_of(description_.rule, rate_, feedback_, steps, address);
    return out;
  }
  const recurrent::RewardLearning& r = description_.rule.reward;
  recurrent::RewardEligibility e =
      recurrent::gather_eligibility(rate_, rate_trial(trial, pushes), steps, r.options);
  recurrent::Gradient readout = recurrent::Gradient::zeros(rate_);
  for (const recurrent::Step& step : steps) recurrent::add_readout(readout, step);
  out.uphill = recurrent::by_projection(readout);
  rewarded =
      RewardedTrial{.trace = std::move(r.trace == recurrent::RewardTrace::cubed ? e.cubed : e.perturbation),
                    .error = mean_absolute_error(answer.outputs, trial),
                    .kind = trial.kind};
  return out;
}

recurrent::Weights RecurrentModel::exact(const ShownTrial& trial) const {
  const Course course = run(trial, {});
  if (const auto* spikes = std::get_if<std::vector<recurrent::SpikingStep>>(&course))
    return recurrent::exact_gradient(spiking_, spiking_trial(trial), *spikes);
  return recurrent::exact_gradient(rate_, std::get<std::vector<recurrent::Step>>(course));
}

Matrix<double> RecurrentModel::reward_credit(const RewardedTrial& trial) const {
  Matrix<double> uphill = recurrent::reward_change(trial.trace, trial.error, mean_error_.at(trial.kind),
                                                   description_.rule.reward.options);
  for (double& x : uphill.flat()) x = -x;
  return uphill;
}

void RecurrentModel::add_rewards(const std::vector<RewardedTrial>& trials, recurrent::Weights& uphill) {
  const recurrent::RewardLearning& r = description_.rule.reward;
  for (const RewardedTrial& trial : trials) {
    if (rewarded_trials_++ >= r.trials_before_learning)
      plain::add_scaled(uphill.W.flat(), 1, reward_credit(trial).flat());
    double& mean = mean_error_.at(trial.kind);
    mean = recurrent::next_mean_error(mean, trial.error, r.options);
  }
}

/// Weights and offsets in their order, then feedback that learns with the readout.
std::vector<layered::Trainable<double>> RecurrentModel::arrays(const recurrent::Weights& downhill) {
  const bool adapts = description_.rule.feedback == recurrent::Feedback::adaptive;
  const auto& [input, recurrent, readout] = description_.rates;
  std::vector<layered::Trainable<double>> all{
      {weights_.U.flat(), downhill.U.flat(), !adapts, input},
      {weights_.W.flat(), downhill.W.flat(), !adapts, recurrent},
      {weights_.b, downhill.b, false, recurrent},
      {weights_.V.flat(), downhill.V.flat(), true, readout},
      {weights_.c, downhill.c, false, readout},
  };
  std::erase_if(all, [](const auto& array) { return array.values.empty(); });  // where neurons spike
  if (!adapts) return all;
  feedback_credit_ = Matrix<double>(feedback_.rows(), feedback_.cols());
  for (std::size_t j = 0; j < feedback_.rows(); ++j) {
    for (std::size_t k = 0; k < feedback_.cols(); ++k) feedback_credit_(j, k) = downhill.V(k, j);
  }
  all.push_back({feedback_.flat(), std::as_const(feedback_credit_).flat(), true, readout});
  return all;
}

void RecurrentModel::learn(const recurrent::Weights& uphill, std::size_t samples) {
  recurrent::Weights downhill = recurrent::zeros_like(uphill);
  recurrent::add(downhill, -1 / static_cast<double>(samples), uphill);
  // What is not learned has no part in the length that is limited.
  const auto& [input, recurrent, readout] = description_.rates;
  if (input == 0) std::fill(downhill.U.flat().begin(), downhill.U.flat().end(), 0.0);
  if (recurrent == 0) {
    std::fill(downhill.W.flat().begin(), downhill.W.flat().end(), 0.0);
    std::fill(downhill.b.begin(), downhill.b.end(), 0.0);
  }
  if (readout == 0) {
    std::fill(downhill.V.flat().begin(), downhill.V.flat().end(), 0.0);
    std::fill(downhill.c.begin(), downhill.c.end(), 0.0);
  }
  const auto all = arrays(downhill);
  const bool adapts = description_.rule.feedback == recurrent::Feedback::adaptive;
  const std::span<const layered::Trainable<double>> forward(all.data(), all.size() - (adapts ? 1 : 0));
  const double scale = layered::clip_scale(forward, description_.optimiser.clip_norm);
  optimiser_.apply(layered::Workers(), all, rate_factor_, scale);
  ++batches_;
  take_weights();
}

std::vector<Parameter> RecurrentModel::parameters() const {
  const models::RecurrentNetwork& d = description_;
  const std::uint64_t inputs = d.inputs, units = d.units, outputs = d.outputs;
  std::vector<Parameter> all;
  all.push_back({.name = "input->a1", .shape = {units, inputs}, .from = "input", .to = kUnits});
  all.push_back({.name = "a1->a1", .shape = {units, units}, .from = kUnits, .to = kUnits});
  all.push_back({.name = "a1->a2", .shape = {outputs, units}, .from = kUnits, .to = kReadout});
  if (!d.spiking()) {
    all.push_back({.name = "a1.offsets", .shape = {units}, .to = kUnits});
    all.push_back({.name = "a2.offsets", .shape = {outputs}, .to = kReadout});
  }
  if (feedback_.size() > 0)
    all.push_back(
        {.name = "a2->a1", .shape = {units, outputs}, .from = kReadout, .to = kUnits, .feedback = true});
  return all;
}

std::span<double> RecurrentModel::parameter(std::size_t index) {
  return numbers_of<std::span<double>>(parameters().at(index).name, weights_, feedback_);
}

std::span<const double> RecurrentModel::parameter(std::size_t index) const {
  return numbers_of<std::span<const double>>(parameters().at(index).name, weights_, feedback_);
}

void RecurrentModel::check() const {
  const std::vector<Parameter> all = parameters();
  for (std::size_t p = 0; p < all.size(); ++p) {
    const std::span<const double> numbers = parameter(p);
    const std::size_t row = all[p].from.empty() ? 1 : all[p].shape.back();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (has_diverged(numbers[i]))
        blame(all[p].from.empty() ? all[p].to : all[p].name, all[p].from.empty() ? "offset" : "weights",
              i / row, numbers[i]);
    }
  }
}

void RecurrentModel::visit_state(StateVisitor& a) {
  const std::vector<Parameter> all = parameters();
  for (std::size_t p = 0; p < all.size(); ++p) {
    a(all[p].from.empty() ? all[p].name : all[p].name + ".weights", parameter(p));
  }
  a.section("optimiser", [&] { optimiser_.visit_state(a); });
  a("mean_error", std::span<double>(mean_error_));
  a("rate_factor", rate_factor_);
  a("batches", batches_);
  a("rewarded_trials", rewarded_trials_);
  if (a.kReading) take_weights();
}

}  // namespace apical
