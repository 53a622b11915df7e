// SPDX-License-Identifier: Apache-2.0
// One execution of an experiment: one directory with everything that is needed to read, check and repeat it.
//   experiment.toml   as resolved            metrics.ndjson  losses, accuracies, alignment by seed and epoch
//   manifest.json     what ran where          events.ndjson   what happened when
//   checkpoints/      to continue from        results.h5      recordings
//   summary.json      final figures           report.html     the same for eyes
//   circuit.toml      what was simulated, if it is a circuit of populations
//   pictures/         targets and what the first seed makes of them, if outputs are pictures
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "apical/analysis/statistics.h"
#include "apical/experiment/experiment.h"
#include "apical/io/file.h"

namespace apical {

struct RunOptions {
  io::Path directory;
  bool resume = false;
  unsigned threads = 0;  ///< 0: all that the process may use
  std::vector<Observer*> observers = {};
};

/// Figures of one seed.
struct SeedResult {
  std::uint64_t seed = 0;
  double test_loss = 0, test_accuracy = 0;
  double test_falls = 0, teacher_falls = 0;  ///< of a plant; the teacher on the same starts
  double rms_deviation = 0, teacher_rms_deviation = 0;
  double test_return = 0;      ///< of an environment, mean over test episodes
  double training_return = 0;  ///< mean of the last training episodes, at the end
  double steps_to_solve = 0;   ///< environment steps after which that first counted as solved; NaN: never
};
struct RunResult {
  Trainer::Outcome outcome = Trainer::Outcome::stopped;
  bool was_finished = false;  ///< resumed a run that had nothing left to do
  std::string label;
  bool classifies = false;
  bool steers = false;   ///< a plant, in validation and test
  bool rewards = false;  ///< learns from an environment: returns instead of losses
  std::vector<SeedResult> seeds;
  std::vector<double> total_angle;  ///< last measured, mean over samples, per seed; empty if never
  double wall_seconds = 0;
  /// Every seed has an angle: a mean over those that have one would flatter the others.
  bool has_mean_angle() const;
  std::vector<std::string> notes;  ///< e.g. a damaged checkpoint that was set aside
};

/// IoError unless `directory` is new or empty: a run never overwrites another.
void require_new(const io::Path& directory);

/// Runs, or continues with `resume`. The directory must be new or empty otherwise (IoError). Throws
/// NumericalFault after the state has been saved beside the checkpoints; stops with a checkpoint when `stop`
/// is set.
RunResult run_experiment(const Experiment& experiment, const RunOptions& options,
                         const std::atomic<bool>& stop);

/// Reads a finished or unfinished run's result back from its files. DataError if it is none.
RunResult read_result(const io::Path& run);

/// Writes report.html of a run or of a comparison (a directory of runs) again from its files; returns its
/// path.
io::Path write_report(const io::Path& directory);

}  // namespace apical
