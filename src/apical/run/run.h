// SPDX-License-Identifier: Apache-2.0
// Runs an experiment of any kind: opens it as a session and keeps its books in a run directory
// (run_directory.h). Pages are written by who reads the directory afterwards (study/run_with_report.h).
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "apical/analysis/display.h"
#include "apical/core/ranks.h"
#include "apical/run/session.h"

namespace apical {

struct RunOptions {
  io::Path directory;
  bool resume = false;
  std::optional<io::Path> repeats = {};  ///< the directory of a run whose data these must be
  std::vector<Listener*> listeners = {};
  Ranks* ranks = nullptr;  ///< that share the run (shared_session.h), of which this is rank 0; null: none
};

struct RunResult {
  bool stopped = false;         ///< on request
  bool has_checkpoint = false;  ///< to go on from; if not, a stopped run begins again when it is resumed
  bool was_finished = false;    ///< resumed a run that had nothing left to do
  std::string label;
  std::vector<std::uint64_t> seeds;
  std::vector<Measurement> measured;  ///< everything, sorted by key; empty if stopped
  Display display;                    ///< which of the measures answer its question
  double wall_seconds = 0;
  std::vector<std::string> notes;      ///< e.g. a damaged checkpoint that was set aside
  std::vector<Finding> findings = {};  ///< of its diagnosis, what wants attention
};

/// What there is to know of it, in words: its notes, and what its diagnosis found.
std::vector<std::string> notes_of(const RunResult& result);

/// Without what a run that is continued has taken from elsewhere, which need not be there any more.
Experiment as_it_begins(Experiment experiment, const RunOptions& options);

/// Runs, or continues with `resume`. The directory must be new or empty otherwise (IoError). Data other
/// than those it began with, or repeats, are refused (DataError). The numbers are
/// the same bits for any number of threads, and whether a run was stopped or killed or not. Throws
/// NumericalFault after the state has been saved beside the checkpoints.
RunResult run_experiment(const Experiment& experiment, const RunOptions& options, const Resources& resources,
                         const std::atomic<bool>& stop);

/// The same for a session that is open already.
RunResult run_session(const Experiment& experiment, Session& session, const RunOptions& options,
                      const Resources& resources, const std::atomic<bool>& stop);

/// Reads a run's result back from its files. IoError or DataError if it is none.
RunResult read_result(const io::Path& run);

}  // namespace apical
