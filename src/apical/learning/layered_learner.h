// SPDX-License-Identifier: Apache-2.0
// A layered network with a credit rule as a learner: mini-batches of samples, one network per seed. Losses
// are squared errors of the outputs summed over outputs, like those of circuits, whatever loss the rule
// descends.
#pragma once

#include <memory>
#include <vector>

#include "apical/core/threads.h"
#include "apical/learning/learner.h"
#include "apical/models/layered_network.h"

namespace apical {

template <class Real>
class LayeredLearner final : public Learner {
 public:
  /// `data` has one entry per seed (entries may be the same set). Products are shared with `ranks`, which all
  /// make the same calls. ConfigError if sizes do not fit the
  /// network, or its loss not the targets.
  LayeredLearner(models::LayeredNetwork description, std::vector<std::shared_ptr<const Dataset>> data,
                 std::vector<std::uint64_t> seeds, ThreadPool& pool, Ranks* ranks = nullptr);

  std::span<const std::uint64_t> seeds() const override { return seeds_; }
  const Dataset& data(std::size_t replica) const override { return *data_[replica]; }
  std::size_t batch() const override { return description_.batch; }
  void announce(SplitName split, const Order& next) override;
  void settle(const Order&) override {}
  void learn(const Order& order, bool opens_epoch) override;
  void evaluate(SplitName split, const Order& order, bool opens, std::span<Score> scores) override;
  Matrix<double> respond(SplitName split, std::size_t replica,
                         std::span<const std::uint32_t> samples) override;
  /// The gradient is that of the rule's own answer where the rule knows it (equilibrium propagation: at its
  /// fixed point), else that of the forward pass. Every sample is a batch of its own; areas are "a1", "a2", …
  /// from the first hidden layer on.
  std::vector<std::vector<AreaAlignment>> align(const Order& order) override;
  void examine(Examination& x) override;
  /// Of each area the mean rate over the batch just learned, by a forward pass with what was learned, and its
  /// offsets; of each projection the weights. Steps are batches.
  std::vector<Variable> variables() const override;
  void record(std::vector<Tap> taps, Sink sink) override;
  std::vector<Parameter> parameters() const override;
  std::vector<double> parameter(std::size_t index, std::size_t replica) const override;
  void set_parameters(const std::vector<ParameterValues>& of_replicas) override;
  /// Feedback of rules that have it: forward weights alone begin as well.
  bool can_do_without(std::string_view name) const override;
  void scale_learning(double factor) override;
  std::size_t settling_samples() const override { return 0; }
  /// Names the layer, the postsynaptic unit and, as step, the number of batches learned.
  void check() const override;
  std::size_t bytes() const override;
  void visit_state(StateVisitor& a) override;

  layered::LayeredModel<Real>& model(std::size_t replica) { return *replicas_[replica].model; }

 private:
  layered::Workers workers() const {
    return across_replicas_ ? layered::Workers() : layered::Workers(pool_, ranks_);
  }
  void examine_answers(Examination& x);
  struct Replica {
    std::unique_ptr<layered::LayeredModel<Real>> model;
    layered::Rows<Real> X, Y, out;
  };
  template <class F>
  void for_each_replica(F&& f);
  /// Fills X and Y of a replica with the samples [first, first + n) of its order, as they are shown in
  /// training if `showing` is not null.
  void gather(Replica& replica, const Split& split, std::span<const std::uint32_t> order, std::size_t first,
              std::size_t n, const Showing* showing = nullptr);
  /// Of training samples, now: the epoch follows from the batches learned, which are part of the state.
  Showing showing(std::size_t replica) const;
  std::vector<AreaAlignment> align(std::size_t replica, std::span<const std::uint32_t> order);
  void tell_taps(std::size_t replica);

  models::LayeredNetwork description_;
  std::vector<std::shared_ptr<const Dataset>> data_;
  std::vector<std::uint64_t> seeds_;
  ThreadPool& pool_;
  Ranks* ranks_;
  bool across_replicas_;  ///< threads share out the seeds; otherwise they share each product
  std::vector<Replica> replicas_;
  std::vector<Tap> taps_;
  Sink sink_;
};

}  // namespace apical
