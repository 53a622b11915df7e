// SPDX-License-Identifier: Apache-2.0
// What the networks of a run answer at its last checkpoint, which of a finished run is its final state: to
// the samples of its task, or to others. Without target, without learning; nothing of the run is changed.
//   Answers answers("runs/yy", {pool, "data"});
//   answers.of_split(SplitName::test, 0, stop)    // of the first seed: samples x outputs
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/core/resources.h"
#include "apical/experiment/experiment.h"
#include "apical/io/file.h"
#include "apical/learning/learner.h"

namespace apical {

class Answers {
 public:
  /// DataError if `run` is none, has no checkpoint, began on other data than are there now, or has a model
  /// that does not answer sample by sample: spiking circuits and policies.
  Answers(const io::Path& run, const Resources& resources);

  const Experiment& experiment() const { return experiment_; }
  const Dataset& data(std::size_t replica) const { return *data_[replica]; }
  /// Outputs at the end of each presentation, samples x outputs: what evaluations judge. Circuits are shown
  /// the samples one after the other, some hundred at a time from where the run ended. Rows stop early, as
  /// zeros, once `stop` is set.
  Matrix<double> of_split(SplitName split, std::size_t replica, const std::atomic<bool>& stop);
  /// To samples as the network sees them (Inputs::scaled). DataError for tasks whose samples run in time, and
  /// for numbers that the run's precision does not hold.
  Matrix<double> to(Matrix<double> inputs, std::size_t replica, const std::atomic<bool>& stop);

 private:
  std::unique_ptr<Learner> learner(const std::vector<std::shared_ptr<const Dataset>>& data) const;

  io::Path run_;
  Experiment experiment_;
  Resources resources_;
  std::vector<std::shared_ptr<const Dataset>> data_;
  std::unique_ptr<Learner> on_data_;  ///< made when it is asked for
};

}  // namespace apical
