// SPDX-License-Identifier: Apache-2.0
// Several models on one task, or several courses, over the same seeds: one directory with a run for each, and
// one report over all.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "apical/run/run.h"

namespace apical {

struct ComparisonOptions {
  io::Path directory;
  bool resume = false;
  /// Called before each variant's run; what it returns watches that run and must live until the next call.
  std::function<Listener*(const Experiment&)> watch = {};
  Ranks* ranks = nullptr;  ///< that share each run; null: none
};

struct ComparisonResult {
  bool stopped = false;            ///< on request
  bool has_checkpoint = true;      ///< if stopped: to go on from
  std::vector<RunResult> runs;     ///< without those that ended in a fault
  std::vector<std::string> notes;  ///< on what variants do not share
  struct Fault {
    std::string label, what;
  };
  /// A model may well break at some value of a sweep, or beside others: these are run all the same.
  std::vector<Fault> faults;
};

/// ConfigError if they do not share a task, or what courses show and want in its place, and seeds. Notes on
/// what else they do not share.
std::vector<std::string> check_comparable(const std::vector<Experiment>& variants);
/// As comparison.json and plans of sweeps have it.
nlohmann::json json_of(const SweepPoint& point);
/// comparison.json: what is run in the directory, each in one of its own (directory_name of its label), and
/// whether all of it is there.
void write_comparison_index(const io::Path& directory, const std::vector<Experiment>& variants,
                            bool finished = false);

/// Runs every variant that has not finished yet, once they are known to be comparable.
ComparisonResult run_comparison(const std::vector<Experiment>& variants, const ComparisonOptions& options,
                                const Resources& resources, const std::atomic<bool>& stop);

}  // namespace apical
