// SPDX-License-Identifier: Apache-2.0
#include "apical/run/protocol_run.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "apical/experiment/directory_name.h"
#include "apical/io/hash.h"
#include "apical/run/locked_directory.h"
#include "apical/run/probe_session.h"
#include "apical/run/run.h"
#include "apical/run/trial_recorder.h"

namespace apical {
namespace {

/// Of all models the same, since their traces are drawn over one axis.
TraceTimes times_of(const std::vector<ProbedModel>& models) {
  const ProbedModel& first = models.front();
  const TraceTimes times(first.protocol);
  for (const ProbedModel& m : models) {
    if (TraceTimes(m.protocol) == times) continue;
    throw ConfigError(fmt::format("models '{}' and '{}' are recorded at other times", first.experiment.label,
                                  m.experiment.label),
                      {}, "give window_ms, every_ms and dt_ms once for all");
  }
  return times;
}

/// What a run that had finished before measured.
void take_up(ProbeSession& session, const Experiment& e, const io::Path& run) {
  const io::FoundCheckpoint found =
      io::newest_valid_checkpoint(run / "checkpoints", io::xxh3(io::bytes_of(e.resolved)));
  if (!found.checkpoint)
    throw DataError(fmt::format("{} has finished, but its last checkpoint is gone or damaged", run.string()));
  session.load_outcome(*found.checkpoint, found.file.string());
}

io::Path run_directory(const ProbedModel& model, const ProtocolOptions& options) {
  return options.directory / directory_name(model.experiment.label);
}

/// Nothing if it was stopped.
std::optional<ModelOutcome> run_model(const ProbedModel& model, const ProtocolOptions& options,
                                      const Resources& resources, const std::atomic<bool>& stop,
                                      std::vector<std::string>& notes) {
  const Experiment& e = model.experiment;
  const std::unique_ptr<ProbeSession> session = open_probe(model, resources);
  RunOptions run;
  run.directory = run_directory(model, options);
  run.resume = options.resume && io::file_exists(run.directory / "experiment.toml");
  if (options.watch) run.listeners.push_back(options.watch(e.label));
  const RunResult result = run_session(e, *session, run, resources, stop);
  for (const std::string& note : result.notes) notes.push_back(fmt::format("{}: {}", e.label, note));
  if (result.stopped) return std::nullopt;
  if (result.was_finished) take_up(*session, e, run.directory);
  ModelOutcome out = session->outcome();
  out.wall_seconds = result.wall_seconds;
  return out;
}

}  // namespace

ProtocolResult run_protocol(const std::vector<ProbedModel>& models, const ProtocolOptions& options,
                            const Resources& resources, const std::atomic<bool>& stop) {
  const TraceTimes times = times_of(models);
  for (const ProbedModel& m : models) {  // rather than after the first have run
    if (!io::file_exists(run_directory(m, options) / "summary.json")) open_probe(m, resources);
  }
  LockedDirectory directory(options.directory, options.resume, resources.claim);
  io::remove_temporaries(options.directory);  // of a process that was killed
  write_protocol_index(models, options.directory);
  ProtocolResult result;
  for (std::size_t c = 0; c < times.count; ++c) result.time_ms.push_back(times.ms(c));
  for (const ProbedModel& m : models) {
    directory.confirm();
    std::optional<ModelOutcome> outcome = run_model(m, options, resources, stop, result.notes);
    if (!outcome) {
      result.stopped = true;
      return result;
    }
    result.models.push_back(std::move(*outcome));
  }
  write_protocol(models, result, options.directory);
  return result;
}

}  // namespace apical
