// SPDX-License-Identifier: Apache-2.0
// What an evaluation counts of answers, and the figures that come of it by the names under which they are
// recorded.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "apical/tasks/dataset.h"

namespace apical {

/// A figure by the name under which it is recorded, e.g. the mean return of the last episodes. NaN: not
/// known.
struct NamedFigure {
  std::string_view name;
  double value = 0;
};

/// The error of an answer, as every evaluation counts it: squared, summed over outputs. Added output by
/// output, so that whoever sums keeps the order of its sum. wanted(i): what output i should be.
template <class Answer, class Wanted>
void add_squared_error(double& sum, std::span<const Answer> answer, Wanted&& wanted) {
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const double e = static_cast<double>(answer[i]) - static_cast<double>(wanted(i));
    sum += e * e;
  }
}

/// Sums over the samples seen so far, so that an evaluation can be done in pieces.
struct Score {
  double loss_sum = 0;  ///< of add_squared_error(); see ScoredSteps. With a plant the error is against the
                        ///< teacher's output in the same state, in every control step
  double loss_count = 0;
  double correct = 0;  ///< decisions that were right
  double samples = 0;
  /// Of each class: the samples shown of it, and those it was decided on. Empty for a regression.
  struct ClassCount {
    std::uint64_t shown = 0, decided = 0;
  };
  std::vector<ClassCount> classes = {};
  double return_sum = 0,
         episodes = 0;  ///< in an environment: rewards of an episode, summed. The loss is minus the return
  PlantScore plant = {},
             teacher =
                 {};  ///< where a plant is steered: by the circuit, and by its teacher from the same starts

  /// An error, as add_squared_error() sums it.
  void count_loss(double error) {
    loss_sum += error;
    loss_count += 1;
  }
  /// What sample number `sample` of `split` was answered with, its errors apart.
  template <class Real>
  void count_answer(const Dataset& data, std::span<const Real> answer, const Split& split,
                    std::size_t sample) {
    samples += 1;
    if (data.readout != Readout::regression) count_decision(data.decide(answer), split.labels[sample]);
  }
  /// Counts a decision as right or wrong, and of its class.
  void count_decision(std::int32_t decided, std::int32_t label);
  void count_episode(double episode_return);

  double loss() const { return loss_count > 0 ? loss_sum / loss_count : 0; }
  double mean_return() const { return episodes > 0 ? return_sum / episodes : 0; }
  /// Classes that were shown and never decided on: outputs that say the same whatever they see.
  std::size_t classes_never_decided() const;
  double accuracy() const { return samples > 0 ? correct / samples : 0; }

  /// All that was counted, as metrics of the catalogue (analysis/metrics.h): loss or return; accuracy if
  /// there are classes; what a plant did.
  std::vector<NamedFigure> figures() const;
};

}  // namespace apical
