// SPDX-License-Identifier: Apache-2.0
// Delayed match to sample: were two cues, separated by a silent delay, the same? Whoever answers must hold
// the first cue over the delay. One input channel; the target is read once, after the second cue.
//   silence | cue 1 (+1 or -1) | delay at 0 | cue 2 (+1 or -1)  ->  +1 if equal, else -1
// Timing as in Max, Jaras, Granier, Wilmes & Petrovici 2025 (bioRxiv 2025.07.11.664263), in steps of 0.01
// ms.
#pragma once

#include <cstdint>
#include <vector>

#include "apical/io/file.h"
#include "apical/tasks/task.h"

namespace apical {

/// Durations in steps of dt_ms; the delay is uniform, both ends included.
struct MatchTiming {
  std::uint32_t silence = 250;
  std::uint32_t cue = 250;
  std::uint32_t shortest_delay = 50;
  std::uint32_t longest_delay = 249;
  double dt_ms = 0.01;
};

struct MatchTrial {
  std::int32_t first = 1;    ///< +1 or -1
  std::int32_t second = 1;   ///< +1 or -1
  std::uint32_t delay = 50;  ///< steps
  std::int32_t target() const { return first == second ? 1 : -1; }
  /// Four segments of one channel.
  InputSequence sequence(const MatchTiming& timing = {}) const;
};

/// Of a table with the columns delay_steps, first and second, a line for each trial. DataError "file:line: …"
/// for what is none.
std::vector<MatchTrial> read_match_trials(const io::Path& file);

/// Trial number `index`; both cues independent and fair.
MatchTrial draw_match_trial(std::uint64_t seed, std::uint64_t index, const MatchTiming& timing = {});

TaskInfo delayed_match_task();

}  // namespace apical
