// SPDX-License-Identifier: Apache-2.0
// A recurrent network of one seed, its rule, and the optimiser that applies credit. What it says of a sample
// is const, so that samples of a batch can be shown side by side.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apical/core/state_visitor.h"
#include "apical/engine/layered/optimiser.h"
#include "apical/learning/parameters.h"
#include "apical/models/recurrent_network.h"

namespace apical {

/// A sample as a trial: what is shown, and what is wanted in which steps.
struct ShownTrial {
  Matrix<double> inputs;     ///< steps x inputs
  Matrix<double> targets;    ///< steps x outputs
  std::vector<double> mask;  ///< 1 / answer steps in the last steps, so that a loss is the mean over them
  std::size_t kind = 0;      ///< its class, or 0: rewards are compared with those of this kind
  std::size_t answer_steps() const;
};

/// What a network does in a trial.
struct TrialAnswer {
  Matrix<double> outputs;         ///< of the answer's steps; probabilities where the loss is cross-entropy
  std::vector<double> mean_rate;  ///< of the units, over all steps
};

/// What a sample, or the sum of several, gives the optimiser.
struct TrialCredit {
  recurrent::Weights uphill;
  std::vector<double> mean_rate;  ///< of the units
};

/// Of one trial that was perturbed and rewarded.
struct RewardedTrial {
  Matrix<double> trace;
  double error = 0;  ///< mean absolute error of the answer
  std::size_t kind = 0;
};

class RecurrentModel {
 public:
  RecurrentModel(const models::RecurrentNetwork& description, std::uint64_t seed);

  const models::RecurrentNetwork& description() const { return description_; }
  std::uint64_t batches() const { return batches_; }
  std::uint64_t seed() const { return seed_; }

  /// NumericalFault for an output or state that is not finite, by seed, area, unit and number of batches
  /// learned.
  TrialAnswer answer(const ShownTrial& trial) const;
  /// Credit of the rule for trial `number`, uphill. `rewarded` is filled by rules that wait for a reward;
  /// then the recurrent part of the credit is 0.
  TrialCredit credit(const ShownTrial& trial, std::uint64_t number,
                     std::optional<RewardedTrial>& rewarded) const;
  recurrent::Weights exact(const ShownTrial& trial) const;

  /// What rewards of a batch, in its order, make of the recurrent weights, uphill; expectations follow.
  void add_rewards(const std::vector<RewardedTrial>& trials, recurrent::Weights& uphill);
  /// The same for one trial, with expectations as they are.
  Matrix<double> reward_credit(const RewardedTrial& trial) const;

  /// An update by the sum over `samples` samples.
  void learn(const recurrent::Weights& uphill, std::size_t samples);
  void set_rate_factor(double factor) { rate_factor_ = factor; }

  /// "input->a1", "a1.offsets", "a1->a1", "a1->a2", "a2.offsets", and feedback "a2->a1".
  std::vector<Parameter> parameters() const;
  std::span<double> parameter(std::size_t index);
  std::span<const double> parameter(std::size_t index) const;
  /// After parameters have been set.
  void take_weights();

  /// NumericalFault if a weight is not finite.
  void check() const;
  void visit_state(StateVisitor& a);

 private:
  using Course = std::variant<std::vector<recurrent::Step>, std::vector<recurrent::SpikingStep>>;
  Course run(const ShownTrial& trial, const Matrix<double>& pushes) const;
  TrialAnswer answer_of(const ShownTrial& trial, const Course& course) const;
  void check_course(const Course& course) const;
  [[noreturn]] void blame(std::string_view population, std::string_view quantity, std::size_t unit,
                          double value) const;
  std::vector<layered::Trainable<double>> arrays(const recurrent::Weights& downhill);

  models::RecurrentNetwork description_;
  std::uint64_t seed_;
  recurrent::Weights weights_;
  Matrix<double> feedback_;
  recurrent::Network rate_;
  recurrent::SpikingNetwork spiking_;
  layered::Optimiser<double> optimiser_;
  std::vector<double> mean_error_;  ///< by kind of trial
  Matrix<double> feedback_credit_;
  double rate_factor_ = 1;
  std::uint64_t batches_ = 0, rewarded_trials_ = 0;
};

}  // namespace apical
