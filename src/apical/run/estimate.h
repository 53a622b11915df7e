// SPDX-License-Identifier: Apache-2.0
// What an experiment will cost before it runs: memory, output, steps, synapse updates, time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/core/rank_place.h"
#include "apical/engine/rate/engine.h"
#include "apical/learning/presentation.h"
#include "apical/learning/trainer.h"
#include "apical/run/pace.h"

namespace apical {

/// A recorded variable: `width` numbers (float32) each `every_ms` while the circuit settles and learns.
struct RecordedWidth {
  std::size_t width = 0;
  double every_ms = 0;
  std::size_t replicas = 1;
};

struct PlannedWork {
  TrainingPlan plan;
  Presentation presentation;
  std::size_t train = 0, validation = 0, test = 0;  ///< samples, or stretches
  /// Network steps in which all of them are presented; if not given, each is held for a presentation.
  struct Steps {
    std::int64_t train = 0, validation = 0, test = 0;
  };
  std::optional<Steps> steps = {};
  bool courses = false;  ///< samples run their course
  rate::Layout layout = rate::Layout::automatic;
  std::size_t seeds = 1;
  bool double_precision = false;
  std::vector<RecordedWidth> recordings = {};
};

/// Speed of all replicas together. A synapse update is one weight of one replica taking part in one step.
struct MeasuredSpeed {
  double learning = 0;  ///< synapse updates per second while learning
  double resting = 0;   ///< without learning, as in settling and evaluations
};

/// How often something happens that is due every so many epochs and at some further ones, before the first
/// epoch and after the last included.
std::size_t times_due(std::size_t every, const std::vector<std::size_t>& also, std::size_t epochs);

/// Epochs that begin within plan.minutes if each takes so long; all if there is no such limit.
std::size_t epochs_within(const TrainingPlan& plan, double seconds_per_epoch);

struct Estimate {
  std::size_t state_bytes =
      0;  ///< of all replicas in memory, without the data set; one checkpoint is as large
  std::size_t bytes_per_replica = 0;   ///< a run of fewer seeds needs less
  std::uint64_t recording_bytes = 0;   ///< of results.h5
  std::int64_t learning_steps = 0;     ///< of one replica
  std::int64_t resting_steps = 0;      ///< of one replica: settling, validation, alignment, test
  std::uint64_t synapses = 0;          ///< of one replica that take part in a step, transposed views included
  double synapse_updates = 0;          ///< all steps of all replicas
  std::optional<double> seconds = {};  ///< if a speed is given; early stopping can only shorten it
  std::int64_t steps() const { return learning_steps + resting_steps; }
};

/// Of all replicas; the state_bytes of an Estimate as a number that cannot overflow.
double state_bytes(const Circuit& circuit, const PlannedWork& work);
/// What one of the ranks that share it holds: its rows of divided projections, and all else.
double state_bytes_of_rank(const Circuit& circuit, const PlannedWork& work, RankPlace place);

/// From how fast the circuit's learner shows samples. Weights that nobody learns count as well, so that a
/// circuit without synapses has no speed.
MeasuredSpeed speed_of(const Pace& pace, const Circuit& circuit, const PlannedWork& work);

Estimate estimate(const Circuit& circuit, const PlannedWork& work, std::optional<MeasuredSpeed> speed = {});

}  // namespace apical
