// SPDX-License-Identifier: Apache-2.0
// Runs a spiking experiment over seeds. One directory, as of other runs:
//   experiment.toml  as resolved     metrics.ndjson  what was measured, by seed and epoch
//   manifest.json    what ran where  events.ndjson   what happened when
//   results.h5       activity over time, rasters, curves        spikes/seed-N.h5  all spikes, if asked for
//   checkpoints/     to continue from, of courses of several rounds (XOR); and the state at a fault
//   summary.json  final figures    report.html  the same for eyes
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "apical/experiment/spiking_experiment.h"
#include "apical/io/file.h"

namespace apical {

struct SpikingProgress {
  double done_s = 0, total_s = 0;  ///< biological time of all seeds
  std::string note;                ///< "epoch 3/500, cost 2.75"
};

struct SpikingRunOptions {
  io::Path directory;
  bool resume = false;
  unsigned threads = 0;                                       ///< 0: all that the process may use
  std::function<void(const SpikingProgress&)> progress = {};  ///< called from one thread at a time
};

struct SpikingRunResult {
  bool stopped = false;  ///< on request
  bool has_checkpoint =
      false;  ///< if stopped: to go on from; otherwise the run begins again when it is resumed
  bool was_finished = false;  ///< resumed a run that had nothing left to do
  std::string label;
  double wall_seconds = 0;
  std::vector<std::string> notes;
};

/// Runs, or continues with `resume`. The directory must be new or empty otherwise (IoError). Results are the
/// same bits for any number of threads, and whether a run was stopped or not. Throws NumericalFault after the
/// failing network has been saved.
SpikingRunResult run_spiking(const SpikingExperiment& experiment, const SpikingRunOptions& options,
                             const std::atomic<bool>& stop);

/// Whether `directory` holds a run of a spiking experiment.
bool is_spiking_run(const io::Path& directory);

/// What a run will take, from building one seed's network and letting it run for about 0.2 s.
struct SpikingEstimate {
  std::size_t neurons = 0, sources = 0, synapses = 0, plastic_synapses = 0, background_trains = 0;
  double biological_s = 0;           ///< of one seed
  double seconds = 0;                ///< of all seeds on so many threads
  std::size_t network_bytes = 0;     ///< of one seed; as many at a time as threads, all seeds if they train
  std::size_t checkpoint_bytes = 0;  ///< of all seeds; 0 for courses of one round
  std::size_t recorded_bytes =
      0;  ///< spikes of all recorded seeds, in memory until the run ends; at the rates of the probe
};
SpikingEstimate estimate_spiking(const SpikingExperiment& experiment, unsigned threads);

}  // namespace apical
