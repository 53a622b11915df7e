// SPDX-License-Identifier: Apache-2.0
// All that the runner knows of what runs: something that goes on from safe point to safe point, tells what it
// measures, and can be saved and continued with the same bits. Training (training_session.h) and courses of
// spiking circuits (course_session.h) are sessions; what asks which of them it has is wrong.
#pragma once

#include <atomic>
#include <limits>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "apical/analysis/diagnosis.h"
#include "apical/analysis/measurement.h"
#include "apical/core/resources.h"
#include "apical/experiment/experiment.h"
#include "apical/io/checkpoint.h"
#include "apical/io/file.h"
#include "apical/learning/learner.h"
#include "apical/procedure/spike_watch.h"
#include "apical/tasks/fingerprint.h"

namespace apical {

/// How far a session is.
struct RunProgress {
  double done = 0, total = 0;
  std::string unit;                   ///< "samples" of one seed, "s simulated" of all seeds
  std::size_t epoch = 0, epochs = 0;  ///< being trained, counted from 1; 0 where there is none
  double seconds_left = std::numeric_limits<double>::infinity();  ///< where a budget of time ends it
};

struct EpochEnded {
  std::size_t epoch = 0;
  double seconds = 0;  ///< of training, all seeds together
};

/// It writes a checkpoint, and should be let. Told before and, if the run goes on, after it.
struct Saving {
  bool done = false;
};

/// What a circuit does just now, for whoever looks in.
struct Glimpsed {
  std::uint64_t seed = 0;
  ActivitySegment activity;
};

/// Its directory holds what it needs to be continued, be it from the start.
struct Begun {};

/// Hears what a session has to say. May write, draw or print; nothing it does reaches the session. A session
/// of several threads talks from one thread at a time.
struct Listener {
  virtual ~Listener() = default;
  virtual void on(const Measurement& /*measurement*/) {}
  virtual void on(const RunProgress& /*progress*/) {}
  virtual void on(const EpochEnded& /*epoch*/) {}
  virtual void on(const Saving&) {}
  virtual void on(const Begun&) {}
  virtual void on(const Glimpsed&) {}
};

class Session {
 public:
  enum class Step { safe_point, finished, stopped };

  virtual ~Session() = default;

  /// Builds what is large; artifacts go below `run`. Called once, before everything below.
  virtual void prepare(const io::Path& run) = 0;
  /// Takes up a state that save() gave. `origin` names its file in messages.
  virtual void load(const io::Checkpoint& checkpoint, const std::string& origin) = 0;
  /// There was no such state: what a process that was killed may have left below `run` is of no use.
  virtual void begin_again(const io::Path& /*run*/) {}

  virtual Step advance(const std::atomic<bool>& stop, Listener& listener) = 0;

  /// Whether there is anything to continue from, now.
  virtual bool resumable() const = 0;
  /// The whole state at a safe point. Sections named "clock…" hold times of this machine; all others are the
  /// same bits whenever and however often the run was broken off.
  virtual std::vector<io::CheckpointSection> save() = 0;
  /// After a NumericalFault: what there is for a post-mortem.
  virtual std::vector<io::CheckpointSection> fault_state() = 0;

  /// What can be recorded or looked at while it runs, by name.
  virtual std::vector<Variable> variables() const { return {}; }

  /// xxh3 of the weights or the state of another run that it began with; empty: of neither.
  virtual std::string origin_hash() const { return {}; }
  /// What is shown; of several seeds that of the first. Null if nothing of a task is.
  virtual const Dataset* data() const { return nullptr; }
  /// What further files it reads, to be sure that it goes on with the same.
  virtual DataFingerprint files() const { return {}; }
  /// Adds what readers of the run should know: what the model needs, costs, how it was measured. A
  /// NumericalFault is one of the run.
  virtual void describe(nlohmann::json& manifest) const = 0;

  /// What only all that was measured tells, once the session has finished.
  virtual std::vector<Measurement> conclusions(std::span<const Measurement> /*measured*/) const { return {}; }
  /// What its state shows at the end that nothing measured before. Once it has finished.
  virtual void examine(Examination&) {}
  /// What somebody who looks at the figures should know, in sentences.
  virtual std::vector<std::string> remarks(std::span<const Measurement> /*measured*/) const { return {}; }
  /// Files of a finished session: recordings, pictures, spikes.
  virtual void write_artifacts(const io::Path& run) = 0;
  /// Once nothing can be resumed any more: what only an unfinished run needs.
  virtual void tidy(const io::Path& /*run*/) {}
};

/// ConfigError, DataError or IoError for an experiment that cannot run.
std::unique_ptr<Session> open(const Experiment& experiment, const Resources& resources);
/// The same error, with the label before it, for the first of several that cannot run; nothing stays open.
void check_all(const std::vector<Experiment>& experiments, const Resources& resources);

}  // namespace apical
