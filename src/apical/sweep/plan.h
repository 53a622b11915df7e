// SPDX-License-Identifier: Apache-2.0
// What a sweep runs, frozen in a directory before the first task begins:
//   plan.json            experiments, tasks, who froze it
//   frozen               a hash of plan.json
//   experiments/0001.toml  each as resolved, with all its seeds
//   tasks/0000/000001/   experiment.toml of the task, then what workers add (task_folder.h)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apical/core/resources.h"
#include "apical/experiment/experiment.h"
#include "apical/experiment/protocol.h"
#include "apical/io/file.h"

namespace apical::sweep {

struct PlannedExperiment {
  std::string label;
  std::string xxh3;  ///< of its text
  std::vector<std::uint64_t> seeds;
  std::optional<SweepPoint> point = {};
};

struct PlannedTask {
  std::size_t number = 0;      ///< from 1
  std::size_t experiment = 0;  ///< from 0
  std::vector<std::uint64_t> seeds;
  std::string xxh3;  ///< of its text
  std::optional<double> seconds =
      {};  ///< expected on the machine and threads that planned; not known if empty
};

struct Plan {
  io::Path folder;
  bool comparison = false;   ///< of several experiments; else one run
  bool protocol = false;     ///< each is probed (run/protocol_run.h); no comparison
  double lease_s = 300;      ///< a worker that has not been heard of for so long is lost
  std::size_t attempts = 3;  ///< of a task that fails, before others are left to do
  std::string version, revision;
  int numerics = 0;
  std::vector<PlannedExperiment> experiments;
  std::vector<PlannedTask> tasks;

  io::Path folder_of(const PlannedTask& task) const;
  io::Path file_of(std::size_t experiment) const;
  /// "error neurons, seeds 1 to 16"
  std::string name_of(const PlannedTask& task) const;
};

struct PlanOptions {
  io::Path folder;
  bool comparison = false, protocol = false;
  std::size_t seeds_per_task = 1;  ///< at least; see seed_packs()
  double lease_s = 300;
  std::size_t attempts = 3;
  double probe_s = 60;  ///< for finding out how long tasks take; those after that stay unknown
};

struct Frozen {
  Plan plan;
  bool was_frozen = false;  ///< before, with the same content
  std::vector<std::string> notes;
};

/// DataError, saying what differs, if the folder holds another plan; IoError if it holds anything else.
Frozen freeze(const std::vector<Experiment>& experiments, const PlanOptions& options,
              const Resources& resources);

/// DataError if the folder holds no plan.
Plan read_plan(const io::Path& folder);

/// Files of the plan that are not as they were frozen, each in a sentence.
std::vector<std::string> changed_since_frozen(const Plan& plan);
/// Of what one task runs; empty if it is as it was.
std::string changed_since_frozen(const Plan& plan, const PlannedTask& task);
/// DataError if plan.json or an experiment is not as it was frozen, or what one task runs.
void require_frozen(const Plan& plan);
void require_frozen(const Plan& plan, const PlannedTask& task);
/// DataError if this program gives other numbers than the one that made the plan.
void require_own_numerics(const Plan& plan);

/// As planned, all seeds.
Experiment read_experiment_of(const Plan& plan, std::size_t experiment);
Experiment read_experiment_of(const Plan& plan, const PlannedTask& task);
/// Of a protocol: its models, in the order of experiments. Together, since not every one of them has every
/// population that is measured.
std::vector<ProbedModel> read_protocol_of(const Plan& plan);

}  // namespace apical::sweep
