// SPDX-License-Identifier: Apache-2.0
// The same effort for every model that is compared: so many settings are tried, judged on validation data
// with seeds of their own; in each round those that did best go on and learn for longer.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "apical/core/resources.h"
#include "apical/experiment/search.h"
#include "apical/experiment/tuned.h"
#include "apical/io/file.h"
#include "apical/sweep/plan.h"

namespace apical::sweep {

struct Trial {
  std::size_t number = 0;           ///< from 1
  std::vector<std::string> values;  ///< as TOML, in the order of the space
  std::vector<double> scores;       ///< of each round it was in; NaN if it broke
  std::vector<io::Path> runs = {};  ///< of the last of them, one for each seed; none if it broke
};

struct TunedVariant {
  std::string label;
  std::vector<SearchedKey> space;
  std::vector<Trial> trials;
  Tuned found;
  std::size_t best = 0;  ///< index of a trial
  std::string resolved;  ///< the experiment with what was chosen and [tuned], as TOML
};

struct Tuning {
  bool complete = false;
  std::string waits_for;  ///< if not: the folder of the plan whose tasks are not all done
  std::size_t round = 0, rounds = 0;
  std::vector<TunedVariant> variants;  ///< if complete
  bool smaller_is_better = false;
};

struct TuneSetting {
  io::Path directory;
  /// Works on the plan of a round: here, or by other processes.
  std::function<void(const Plan&)> work;
};

/// Plans round after round in `directory`/round-N and has it worked on, as far as that comes. Done again it
/// goes on. Once complete it writes
///   tuned.toml   the experiment with what was chosen: to be run, compared and published
///   tuning.json  every trial
///   report.html  a figure for every key, and all trials
/// ConfigError if variants are searched with unequal effort, or on seeds that are tested; Error
/// (check_failed) if tasks failed for other reasons than their numbers.
Tuning tune(const TomlDocument& document, const TuneSetting& setting, const Resources& resources);

}  // namespace apical::sweep
