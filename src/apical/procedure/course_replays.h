// SPDX-License-Identifier: Apache-2.0
// Spikes of files (io/sonata.h) as relays of a circuit emit them, in steps of its time.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apical/circuit/course.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/core/resources.h"
#include "apical/engine/spike/network.h"
#include "apical/tasks/fingerprint.h"

namespace apical {

/// What one replay emits, and what became of the rest of the file.
struct ReplayedSpikes {
  std::vector<spike::Emitted> spikes;  ///< rising; steps from the beginning of what shows them
  std::string source;                  ///< "trains.h5, population 'low'"
  std::size_t before = 0, after = 0;   ///< spikes that are never reached
  std::size_t moved = 0;               ///< to the nearest step
  std::string hash;                    ///< of all times and neurons of the source
};

class Replays {
 public:
  /// Of a replay that load_replays() has read.
  const ReplayedSpikes& of(const course::Replay& replay) const;
  const std::vector<std::pair<course::Replay, ReplayedSpikes>>& all() const { return all_; }

 private:
  friend std::shared_ptr<const Replays> load_replays(const Course&, const SpikingCircuit&, const Resources&);
  std::vector<std::pair<course::Replay, ReplayedSpikes>> all_;
};

/// Whether the course replays anything.
bool replays(const Course& course);
/// Null for a course that replays nothing. DataError with file and row for a neuron that there is not, a time
/// between two steps unless those are moved, and two spikes of a neuron in one step; IoError.
std::shared_ptr<const Replays> load_replays(const Course& course, const SpikingCircuit& circuit,
                                            const Resources& resources);

/// What load_replays() takes to do it, by the lengths of the files alone.
double replayed_bytes(const Course& course, const Resources& resources);

/// What the files were, as of other data.
DataFingerprint fingerprint_of(const Replays& replays);
/// "in: 120 spikes of trains.h5, population 'low'; 3 more are later than what shows them"
std::vector<std::string> in_words(const Replays& replays);

}  // namespace apical
