// SPDX-License-Identifier: Apache-2.0
// The directory of one execution of an experiment, with everything that is needed to read, check, continue
// and repeat it:
//   experiment.toml  as resolved            metrics.ndjson  what was measured (metrics_file.h)
//   manifest.json    what ran where         events.ndjson   what happened when
//   checkpoints/     to continue from, and the state at a fault
//   circuit.toml     what was simulated, if it is a circuit of populations
//   summary.json     final figures: the run is finished
//   activity.json    of a spiking circuit, what it does just now (seen_activity.h); gone once the run is
//   finished
// It knows no kind of experiment. One process at a time has it.
#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apical/core/error.h"
#include "apical/io/checkpoint.h"
#include "apical/io/journal.h"
#include "apical/procedure/spike_watch.h"
#include "apical/run/data_record.h"
#include "apical/run/locked_directory.h"
#include "apical/run/metrics_file.h"
#include "apical/run/run_books.h"
#include "apical/run/seals.h"

namespace apical {

class RunDirectory {
 public:
  /// Locks a new or empty directory (IoError otherwise), or with `resume` one that holds a run of the
  /// experiment whose resolved text this is (DataError otherwise).
  RunDirectory(io::Path path, std::string experiment, bool resume, const Claim& claim = {});

  const io::Path& path() const { return path_; }
  /// It is resumed, and its manifest and experiment are there.
  bool has_begun() const;
  /// It holds a finished run, of which nothing is left to do.
  bool finished() const;

  /// DataError if the run is resumed and began on other data, or its checkpoint (restore) was made with them.
  void require_data(const DataRecord& now);

  /// The newest valid checkpoint, if the run is resumed and has one; damaged ones are set aside, of which
  /// `notes` tell. DataError if there were some and none is valid, or if files of the run were changed since.
  std::optional<io::FoundCheckpoint> restore(std::vector<std::string>& notes);

  /// Writes experiment and manifest unless a run that is resumed has them, and opens the journals.
  void begin(const nlohmann::json& manifest, std::size_t threads);

  /// IoError if another process has taken the run over (RunLock::confirm); call before anything is written.
  void confirm() { lock_->confirm(); }
  void append(const Measurement& measurement) {
    lock_->confirm();
    metrics_->append(measurement);
  }
  template <class Fill>
  void event(std::string_view name, Fill&& fill) {
    lock_->confirm();
    io::JsonLine line = dated(name);
    fill(line);
    events_->append(line);
  }
  /// So many seconds since the last checkpoint, or the beginning.
  double seconds_since_checkpoint() const;
  /// `state` gives what is to be saved, and may write files of its own: it is asked once the run is known to
  /// be still this process's.
  void write_checkpoint(const std::function<std::vector<io::CheckpointSection>()>& state);
  /// Once the first one stands: should all of them be gone later, that is noticed.
  void note_checkpoint();
  bool has_checkpoint() const;
  /// Keeps the state for a post-mortem and throws the fault again, saying what is kept.
  [[noreturn]] void fail(const NumericalFault& fault, std::vector<io::CheckpointSection> state);
  /// Replaces activity.json, from which others see what a circuit does just now. No result: where it cannot
  /// be written the run goes on without.
  void show(std::uint64_t seed, const ActivitySegment& activity);
  /// Of all processes that ran it.
  double wall_seconds() const;
  void close();
  /// With the seals of all files.
  void write_summary(nlohmann::json summary);

 private:
  /// DataError if the experiment was changed since the manifest was written.
  void require_as_begun() const;
  using Clock = std::chrono::steady_clock;
  void require_sealed(const io::FoundCheckpoint& found, std::vector<std::string>& notes) const;
  /// DataError if its events tell of checkpoints.
  void require_that_there_was_none() const;
  std::vector<Seal> seals();
  static io::JsonLine dated(std::string_view event);

  io::Path path_;
  std::string experiment_;
  bool resume_;
  std::uint64_t hash_;
  std::optional<LockedDirectory> lock_;
  DataRecord data_;
  RunBooks books_;
  std::optional<MetricsFile> metrics_;
  std::optional<io::Journal> events_;
  std::vector<Seal> fixed_;  ///< of files that do not change any more
  Clock::time_point start_ = Clock::now(), last_checkpoint_ = start_;
};

}  // namespace apical
