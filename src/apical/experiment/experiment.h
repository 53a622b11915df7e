// SPDX-License-Identifier: Apache-2.0
// An experiment as a validated value: task, model, training, seeds, and the text that says it all again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/experiment/run_fields.h"
#include "apical/experiment/spiking_experiment.h"
#include "apical/experiment/sweep.h"
#include "apical/experiment/toml/toml_reader.h"
#include "apical/experiment/tuned.h"
#include "apical/learning/presentation.h"
#include "apical/learning/reward_plan.h"
#include "apical/learning/trainer.h"
#include "apical/models/layered_network.h"
#include "apical/models/recurrent_network.h"
#include "apical/tasks/task.h"

namespace apical {

struct Experiment {
  std::string title, description;
  std::string label;  ///< of the model in comparisons
  std::string task;   ///< empty: the subject brings stimuli of its own; of a course, the task of its samples
  TaskParameters task_parameters;
  bool task_seed_given = true;  ///< false: each replica's task has the replica's seed
  std::string model, citation;  ///< recipe; empty for a circuit of the user's own
  /// Where the keys of [model], [circuit], [training] and [task] stand, and the model itself ("model"): for
  /// what turns out to be wrong once it meets the data.
  std::map<std::string, Place> places = {};
  bool reference = false;  ///< what other variants are compared with
  /// What is studied: a circuit in continuous time, presented one sample after the other; a layered network
  /// in batches; a recurrent network in batches of samples that run their course; a circuit of spiking
  /// neurons with its course.
  std::variant<Circuit, models::LayeredNetwork, models::RecurrentNetwork, SpikingExperiment> subject;
  std::string start_from = {};           ///< weights in place of the initialisation; empty: none
  std::string continue_from = {};        ///< the run whose end is the beginning of this one; empty: none
  Presentation presentation;             ///< of samples to a circuit
  std::optional<RewardSettings> reward;  ///< how it learns where the task rewards
  TrainingPlan plan;
  std::vector<std::uint64_t> seeds;
  std::vector<std::uint64_t> part_of = {};  ///< seeds of the experiment that these are some of; empty: all
  bool double_precision = false;
  double checkpoint_every_s = 30;
  std::vector<RecordRequest> recordings;
  std::optional<SweepPoint> sweep;  ///< if it is one value of a sweep
  std::optional<Tuned> tuned = {};  ///< how its settings were found, if that is known
  std::string resolved;             ///< TOML with every default filled in

  bool is_circuit() const { return std::holds_alternative<Circuit>(subject); }
  const Circuit& circuit() const { return std::get<Circuit>(subject); }
  Circuit& circuit() { return std::get<Circuit>(subject); }
  const models::LayeredNetwork& layered() const { return std::get<models::LayeredNetwork>(subject); }
  bool is_layered() const { return std::holds_alternative<models::LayeredNetwork>(subject); }
  bool is_recurrent() const { return std::holds_alternative<models::RecurrentNetwork>(subject); }
  const models::RecurrentNetwork& recurrent() const { return std::get<models::RecurrentNetwork>(subject); }
  const SpikingExperiment& spiking() const { return std::get<SpikingExperiment>(subject); }

  /// Seeds of the same experiment that run elsewhere and come before these, and all there are.
  std::size_t seeds_elsewhere_before() const { return seeds_before(seeds, part_of); }
  std::size_t seeds_of_all_parts() const { return part_of.empty() ? seeds.size() : part_of.size(); }

  /// The task with its parameters.
  TaskInfo task_info() const { return task_with(task, task_parameters); }
  /// One data set per seed; the same object where the task does not depend on the seed.
  std::vector<std::shared_ptr<const Dataset>> make_data(const Resources& resources) const;
};

/// ConfigError with file, line and column. `more` may read further tables of the document, which then are
/// part of the resolved experiment.
Experiment read_experiment(const TomlDocument& document,
                           const std::function<void(TomlReader&, const Experiment&)>& more = {});
/// All of [run].
RunSettings read_run(TomlReader& run, RunSettings options = {});
/// One experiment per [[variant]] and value of [sweep], or the only one. Labels are unique.
std::vector<Experiment> read_variants(const TomlDocument& document);

}  // namespace apical
