// SPDX-License-Identifier: Apache-2.0
#include "apical/run/answers.h"

#include <fmt/format.h>

#include <numeric>
#include <variant>

#include "apical/learning/trainer.h"
#include "apical/run/last_checkpoint.h"
#include "apical/run/make_learner.h"
#include "apical/run/runs_in.h"
#include "apical/run/seals.h"
#include "apical/run/state_file.h"

namespace apical {
namespace {

Experiment answering(const io::Path& run, const Resources& resources) {
  require_run(run);
  require_intact(run);
  Experiment e = read_experiment(TomlDocument::read((run / "experiment.toml").string()));
  if (std::holds_alternative<SpikingExperiment>(e.subject))
    throw DataError(fmt::format("{}: circuits that spike answer in time, not sample by sample; simulate them",
                                run.string()));
  if (e.reward)
    throw DataError(
        fmt::format("{}: a policy answers what it observes, not samples; its weights say how", run.string()));
  return with_handed_rule(std::move(e), resources);
}

/// The samples as a test without right answers.
Dataset with_test(const Dataset& data, const Experiment& e, Matrix<double> inputs) {
  Dataset out = data;
  const std::size_t samples = inputs.rows();
  Split& test = out.test;
  test = {};
  test.inputs = Inputs(std::move(inputs));
  test.classes = data.train.classes;
  if (!data.train.labels.empty()) test.labels.assign(samples, 0);
  if (test.classes == 0) test.targets = Matrix<double>(samples, data.train.outputs());
  if (e.is_circuit() && !data.train.target_potentials.flat().empty())
    test.target_potentials = Matrix<double>(samples, data.train.target_potentials.cols());
  return out;
}

std::vector<std::uint32_t> all_of(std::size_t samples) {
  std::vector<std::uint32_t> all(samples);
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

}  // namespace

Answers::Answers(const io::Path& run, const Resources& resources)
    : run_(run),
      experiment_(answering(run, resources)),
      resources_(resources),
      data_(experiment_.make_data(resources)) {}

std::unique_ptr<Learner> Answers::learner(const std::vector<std::shared_ptr<const Dataset>>& data) const {
  Experiment e = experiment_;
  e.start_from.clear();  // the checkpoint has what it began with and learned since
  std::unique_ptr<Learner> learner = make_learner(e, data, resources_);
  Trainer trainer(*learner, e.plan, {});
  restore_state(trainer, last_checkpoint(run_).section("trainer"), run_.string() + ", checkpoint");
  return learner;
}

Matrix<double> Answers::of_split(SplitName split, std::size_t replica) {
  const Dataset& data = *data_[replica];
  if (split != SplitName::train && data.closed_loop)
    throw DataError(fmt::format("{}: evaluations of task '{}' steer a plant; there is no {} split",
                                run_.string(), data.name, name_of(split)));
  const std::vector<std::uint32_t> all = all_of(split_of(data, split).size());
  if (all.empty()) throw DataError(fmt::format("{}: there is no {} split", run_.string(), name_of(split)));
  return learner(data_)->respond(split, replica, all);
}

Matrix<double> Answers::to(Matrix<double> inputs, std::size_t replica) {
  const Dataset& data = *data_[replica];
  if (data.is_sequence())
    throw DataError(fmt::format("{}: samples of task '{}' run their course in time; simulate it",
                                run_.string(), data.name));
  if (inputs.cols() != data.inputs())
    throw DataError(fmt::format("inputs have {} features; expected {}, as task '{}' has", inputs.cols(),
                                data.inputs(), data.name));
  const std::vector<std::uint32_t> all = all_of(inputs.rows());
  std::vector<std::shared_ptr<const Dataset>> shown(data_.size());
  const auto one = std::make_shared<const Dataset>(with_test(data, experiment_, std::move(inputs)));
  for (auto& of_seed : shown) of_seed = one;
  return learner(shown)->respond(SplitName::test, replica, all);
}

}  // namespace apical
