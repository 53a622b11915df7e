// SPDX-License-Identifier: Apache-2.0
#include "apical/run/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <variant>

#include "apical/run/data_record.h"
#include "apical/run/make_learner.h"
#include "apical/run/runs_in.h"
#include "apical/run/seals.h"
#include "apical/tasks/fingerprint.h"
#include "apical/tasks/representable.h"

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

Matrix<double> responses(Learner& learner, SplitName split, std::size_t replica, std::size_t samples,
                         const std::atomic<bool>& stop) {
  // Few enough for a circuit that settles on each to be stopped within a tenth of a second; of one size, for
  // the same bits.
  constexpr std::size_t kAtOnce = 64;
  Matrix<double> out;
  for (std::size_t at = 0; at < samples && !stop; at += kAtOnce) {
    std::vector<std::uint32_t> some(std::min(kAtOnce, samples - at));
    std::iota(some.begin(), some.end(), static_cast<std::uint32_t>(at));
    const Matrix<double> answers = learner.respond(split, replica, some);
    if (at == 0) out = Matrix<double>(samples, answers.cols());
    for (std::size_t k = 0; k < some.size(); ++k)
      std::copy(answers.row(k).begin(), answers.row(k).end(), out.row(at + k).begin());
  }
  return out;
}

}  // namespace

Answers::Answers(const io::Path& run, const Resources& resources)
    : run_(run),
      experiment_(answering(run, resources)),
      resources_(resources),
      data_(experiment_.make_data(resources)) {
  const Dataset& first = *data_.front();
  require_same_data(run, {first.name, first.provenance, fingerprint_of(first, resources.pool)});
}

std::unique_ptr<Learner> Answers::learner(const std::vector<std::shared_ptr<const Dataset>>& data) const {
  Experiment e = experiment_;
  e.start_from.clear();  // the checkpoint has what it began with and learned since
  std::unique_ptr<Learner> learner = make_learner(e, data, resources_);
  restore_learner(*learner, e, run_);
  return learner;
}

Matrix<double> Answers::of_split(SplitName split, std::size_t replica, const std::atomic<bool>& stop) {
  const Dataset& data = *data_[replica];
  if (split != SplitName::train && data.closed_loop)
    throw DataError(fmt::format("{}: evaluations of task '{}' steer a plant; there is no {} split",
                                run_.string(), data.name, name_of(split)));
  const std::size_t samples = split_of(data, split).size();
  if (samples == 0) throw DataError(fmt::format("{}: there is no {} split", run_.string(), name_of(split)));
  if (!on_data_) on_data_ = learner(data_);
  return responses(*on_data_, split, replica, samples, stop);
}

Matrix<double> Answers::to(Matrix<double> inputs, std::size_t replica, const std::atomic<bool>& stop) {
  const Dataset& data = *data_[replica];
  if (data.is_sequence())
    throw DataError(fmt::format("{}: samples of task '{}' run their course in time; simulate it",
                                run_.string(), data.name));
  if (inputs.cols() != data.inputs())
    throw DataError(fmt::format("inputs have {} features; expected {}, as task '{}' has", inputs.cols(),
                                data.inputs(), data.name));
  const std::size_t samples = inputs.rows();
  const auto shown = std::make_shared<const Dataset>(unanswered(experiment_, std::move(inputs)));
  require_representable(*shown, !experiment_.double_precision);
  const std::unique_ptr<Learner> learner =
      this->learner(std::vector<std::shared_ptr<const Dataset>>(data_.size(), shown));
  return responses(*learner, SplitName::test, replica, samples, stop);
}

}  // namespace apical
