// SPDX-License-Identifier: Apache-2.0
// A circuit of rate neurons as a learner: presents samples to rate::RateEngine, phase-free, or steers a
// plant.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apical/engine/rate/engine.h"
#include "apical/learning/exact_gradient.h"
#include "apical/learning/learner.h"
#include "apical/learning/output_targets.h"
#include "apical/learning/presentation.h"
#include "apical/learning/rate_weights.h"
#include "apical/learning/trial.h"

namespace apical {

/// Called every `stride` steps with a network at rest between two steps; may be called from several threads,
/// but for one replica always in the order of its steps.
template <class Real>
using Sampler = std::function<void(rate::Network<Real>&, std::size_t first_replica, std::size_t replicas)>;

template <class Real>
class RateLearner final : public Learner {
 public:
  /// `data` has one entry per seed (entries may be the same set). Replicas whose samples are sequences, of
  /// different length each, run in networks of their own (rate::Layout::wide). ConfigError if the data do not
  /// fit the circuit.
  RateLearner(Circuit circuit, std::vector<std::shared_ptr<const Dataset>> data,
              std::vector<std::uint64_t> seeds, Presentation presentation, ThreadPool& pool,
              rate::EngineOptions options = {});

  std::span<const std::uint64_t> seeds() const override { return engine_.seeds(); }
  const Dataset& data(std::size_t replica) const override { return *data_[replica]; }
  void settle(const Order& order) override;
  void learn(const Order& order, bool opens_epoch) override;
  void evaluate(SplitName split, const Order& order, bool opens, std::span<Score> scores) override;
  std::vector<std::vector<AreaAlignment>> align(const Order& order) override;
  Matrix<double> respond(SplitName split, std::size_t replica,
                         std::span<const std::uint32_t> samples) override;
  void examine(Examination& x) override;
  std::vector<Variable> variables() const override;
  void record(std::vector<Tap> taps, Sink sink) override;
  std::vector<Parameter> parameters() const override { return weights_.parameters(); }
  std::vector<double> parameter(std::size_t index, std::size_t replica) const override {
    return weights_.parameter(index, replica);
  }
  void set_parameters(const std::vector<ParameterValues>& of_replicas) override {
    weights_.set_parameters(of_replicas);
  }
  bool can_do_without(std::string_view name) const override { return weights_.can_do_without(name); }
  void scale_learning(double factor) override { engine_.scale_learning(factor); }
  std::size_t settling_samples() const override;
  void check() const override { engine_.check_finite(); }
  std::size_t bytes() const override { return engine_.bytes(); }
  void visit_state(StateVisitor& a) override;

  rate::RateEngine<Real>& engine() { return engine_; }
  const rate::RateEngine<Real>& engine() const { return engine_; }
  /// Areas counted from the stimulus to the readout: targets come that many steps late.
  std::size_t depth() const { return depth_; }
  /// Calls `sampler` while settling and learning, not in evaluations.
  void set_sampler(rate::Step stride, Sampler<Real> sampler);

  /// From now on, whatever is shown: perturbations count their steps from the onset of each sample;
  /// mismatched targets take the place of those that are shown, not of those that outputs are scored against.
  /// ConfigError.
  void perturb(const std::vector<rate::Perturbation>& perturbations,
               std::vector<TargetMismatch> mismatches = {});
  /// One trial after the other; the state goes on from each to the next.
  void present(const Trial& trial, SplitName split, const Order& order, const TrialSampler<Real>& sampler);

 private:
  void advance(rate::Network<Real>& n, std::size_t first, std::size_t count, rate::Step steps,
               const rate::Learning& learning);
  void show(rate::Network<Real>& n, std::size_t first, std::size_t count, const Order& order, std::size_t k,
            SplitName split, const std::function<void(rate::Step)>& hold);
  void reset_somata(rate::Network<Real>& n, std::size_t count);
  void set_target(rate::Network<Real>& n, std::size_t first, std::size_t count, bool current);
  void show_target(rate::Network<Real>& n, std::size_t first, std::size_t count, const Order& order,
                   std::size_t k, SplitName split, const std::vector<bool>& flags);
  void mismatch(std::size_t replica, SplitName split, std::size_t sample,
                const std::function<bool(std::size_t)>& acts);
  template <class Advance>
  void teach(rate::Network<Real>& n, std::size_t first, std::size_t count, const Order& order, std::size_t k,
             bool after_another, Advance advance_by);
  void steer(SplitName split, const Order& order, std::span<Score> scores);
  /// NumericalFault of an evaluation that met outputs or a loss that are not finite: names the neuron.
  [[noreturn]] void refuse_outputs(const rate::Network<Real>& n, std::size_t replica,
                                   std::span<const double> rates, double loss) const;
  /// Activities at the ends of presentations, by replica, one row a sample.
  struct Held {
    std::vector<std::vector<Matrix<double>>> hidden;
    std::vector<Matrix<double>> answers, later;
  };
  Held hold_samples(std::span<const std::uint32_t> samples);
  SplitName split_to_examine() const;
  void examine_step(std::span<const std::uint32_t> samples, Examination& x);
  /// The same for one replica, from other files.
  void teach_alone(rate::Network<Real>& n, std::size_t replica, const Order& order, std::size_t k,
                   const std::function<void(rate::Step steps, bool learns)>& advance_by);
  void remember_targets(std::size_t first, std::size_t count);
  FeedforwardGradient gradient_of(rate::Network<Real>& n, std::size_t lane) const;
  std::vector<AreaAlignment> align_trials(rate::Network<Real>& n, std::size_t replica, const Order& order);

  rate::EngineOptions options_;
  rate::RateEngine<Real> engine_;
  RateWeights<Real> weights_{engine_};
  std::vector<std::shared_ptr<const Dataset>> data_;
  Presentation presentation_;
  bool sequences_ = false;
  rate::Step hold_ = 0;  ///< steps for which a sample is held
  std::size_t depth_ = 0;
  PopulationId stimulus_, readout_;
  std::optional<PopulationId> target_;
  std::vector<OutputTargets> targets_;  ///< per replica
  Matrix<double> previous_target_;      ///< per replica: of the sample before
  Matrix<double> current_target_;
  std::vector<TargetMismatch> mismatches_;
  std::vector<double> scored_steps_;  ///< per replica: steps of the evaluation so far
  rate::Step sample_stride_ = 0;
  Sampler<Real> sampler_;
};

}  // namespace apical
