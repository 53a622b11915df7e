// SPDX-License-Identifier: Apache-2.0
// Streams recorded variables from a learner to results.h5. Rows gather per replica while networks run on
// several threads, and go to disk at safe points only: what was gathered in a chunk that is broken off is
// dropped with it.
#pragma once

#include <memory>
#include <vector>

#include "apical/experiment/experiment.h"
#include "apical/io/recording.h"
#include "apical/learning/learner.h"

namespace apical {

/// ConfigError for a variable that its population does not have, or a learner without populations, before
/// anything is written.
void check_recordings(const Experiment& experiment, const Learner& learner);

class Recorder {
 public:
  /// Nothing is recorded if the experiment asks for nothing. `run` is the run's directory. Where another rank
  /// writes the learner is asked for the same, which may take all ranks, and nothing is kept of it.
  Recorder(const Experiment& experiment, Learner& learner, const io::Path& run, bool writes = true);

  /// Hands what has gathered to the recording.
  void drain();
  io::RecordingPosition position();
  void resume(const io::RecordingPosition& position);
  /// Merges everything into results.h5.
  void finish();
  /// Once nothing can be resumed any more.
  void remove_segments();
  bool active() const { return recording_ != nullptr; }

 private:
  struct Row {
    std::int64_t step;
    std::vector<float> values;
  };
  struct Track {
    io::VariableId id;
    std::vector<Row> rows;
  };
  std::unique_ptr<io::Recording> recording_;
  std::vector<Track> tracks_;
};

}  // namespace apical
