// SPDX-License-Identifier: Apache-2.0
// A recurrent network with a rule as a learner: batches of samples that run their course, one network per
// seed. Weights change after a batch, by the mean over its samples of what the rule gathered in each. The
// answer to a sample is the mean of the outputs over the steps in which one is wanted, or, where each of
// these has a target of its own, an answer in each of them. Losses are squared errors summed over outputs, as
// those of other learners, whatever loss the rule descends.
#pragma once

#include <memory>
#include <vector>

#include "apical/core/threads.h"
#include "apical/learning/learner.h"
#include "apical/learning/recurrent_model.h"

namespace apical {

class RecurrentLearner final : public Learner {
 public:
  /// `data` has one entry per seed (entries may be the same set). ConfigError if the task's samples run no
  /// course, or sizes do not fit the network, or its loss not the targets.
  RecurrentLearner(models::RecurrentNetwork description, std::vector<std::shared_ptr<const Dataset>> data,
                   std::vector<std::uint64_t> seeds, ThreadPool& pool);

  std::span<const std::uint64_t> seeds() const override { return seeds_; }
  const Dataset& data(std::size_t replica) const override { return *data_[replica]; }
  std::size_t batch() const override { return description_.batch; }
  void settle(const Order&) override {}
  void learn(const Order& order, bool opens_epoch) override;
  void evaluate(SplitName split, const Order& order, bool opens, std::span<Score> scores) override;
  /// Mean outputs over the answer's steps; where each step has a target of its own, those of the last.
  Matrix<double> respond(SplitName split, std::size_t replica,
                         std::span<const std::uint32_t> samples) override;
  /// The exact gradient is that through all steps; where neurons spike, with a surrogate for the slope of the
  /// threshold. Areas are "input", "recurrent" and "readout", as far as they learn; offsets do
  /// not count.
  std::vector<std::vector<AreaAlignment>> align(const Order& order) override;
  void examine(Examination& x) override;
  /// Of a1 the mean rate over steps and samples of the batch just learned, and its offsets; of each
  /// projection the weights. Steps are batches.
  std::vector<Variable> variables() const override;
  void record(std::vector<Tap> taps, Sink sink) override;
  std::vector<Parameter> parameters() const override { return models_.front().parameters(); }
  std::vector<double> parameter(std::size_t index, std::size_t replica) const override;
  void set_parameters(const std::vector<ParameterValues>& of_replicas) override;
  /// Feedback, and what networks of rate neurons have beside weights.
  bool can_do_without(std::string_view name) const override;
  void scale_learning(double factor) override;
  std::size_t settling_samples() const override { return 0; }
  void check() const override;
  std::size_t bytes() const override;
  void visit_state(StateVisitor& a) override;

  RecurrentModel& model(std::size_t replica) { return models_[replica]; }
  /// A sample as it is shown.
  ShownTrial trial(SplitName split, std::size_t replica, std::uint32_t sample) const;

 private:
  void tell_taps(std::size_t replica, const std::vector<double>& mean_rate);
  std::vector<AreaAlignment> align(std::size_t replica, std::span<const std::uint32_t> order);

  models::RecurrentNetwork description_;
  std::vector<std::shared_ptr<const Dataset>> data_;
  std::vector<std::uint64_t> seeds_;
  ThreadPool& pool_;
  std::vector<RecurrentModel> models_;
  std::vector<Tap> taps_;
  Sink sink_;
};

}  // namespace apical
