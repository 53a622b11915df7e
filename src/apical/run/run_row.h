// SPDX-License-Identifier: Apache-2.0
// A run as a row of a table of runs: every key of its experiment and every figure that it has measured, under
// a name each, and what became of it. Whatever is wrong with its files is part of the row.
//   run.seeds, model.eta, projection.2.density …   as the experiment was resolved; lists count from 1
//   test.accuracy, total.angle_deg …               over seeds, the last time it was measured
//   test.accuracy.low95, .high95                   and its interval, where it has one
//   state, label, title, model, task, created, version, revision, numerics, seeds, wall_seconds,
//   seconds_per_epoch, samples_to_95_percent
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "apical/io/file.h"

namespace apical {

enum class RunState {
  finished,
  running,  ///< by a process that may be alive
  stopped,  ///< before its end: --resume goes on
  faulted,  ///< by NaN, Inf or divergence: the remark says where
  broken    ///< its files are not what a run writes
};
inline constexpr std::array<std::string_view, 5> kRunStates{"finished", "running", "stopped", "faulted",
                                                            "broken"};
constexpr std::string_view name_of(RunState s) { return kRunStates.at(static_cast<std::size_t>(s)); }

using RunValue = std::variant<double, std::string>;

struct RunRow {
  RunState state = RunState::broken;
  std::string remark = {};  ///< what is wrong with it, or who writes it
  std::map<std::string, RunValue, std::less<>> values = {};
};

/// Whether a directory holds a run, whatever state it is in.
bool is_run(const io::Path& directory);
/// As far as names of files and its lock say, which takes microseconds: a finished one may turn out broken.
RunState state_of(const io::Path& run, std::string& remark);
/// As of a moment ago, for whoever looks again and again: also whether the files that tell are those that
/// were written. They are read again only when they have changed.
class CheckedState {
 public:
  explicit CheckedState(io::Path run) : run_(std::move(run)) {}
  /// `remark` is what is wrong, or who runs it; empty if there is nothing to say.
  RunState look(std::string& remark);

 private:
  io::Path run_;
  std::string stamp_, wrong_, fault_;
};
/// Changes whenever the row may.
std::string stamp_of_run(const io::Path& run);
/// Never throws for what is in the files.
RunRow row_of(const io::Path& run);

}  // namespace apical
