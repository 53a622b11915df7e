// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/shown_samples.h"

#include <cmath>

namespace apical {
namespace {

/// Takes what a trainer shows and counts steps, where RateLearner would take them.
class StepCounter final : public Learner {
 public:
  StepCounter(const Circuit& circuit, const Dataset& data, const Presentation& presentation,
              std::uint64_t seed, std::vector<ShownSample>& out)
      : data_(data), seed_(seed), further_(presentation.further_steps()), out_(out) {
    hold_ = std::llround(presentation.presentation_ms / circuit.dt_ms);
    settling_ =
        data.is_sequence()
            ? 0
            : static_cast<std::size_t>(std::llround(presentation.settling_ms / presentation.presentation_ms));
  }

  std::span<const std::uint64_t> seeds() const override { return {&seed_, 1}; }
  const Dataset& data(std::size_t) const override { return data_; }
  void settle(const Order& order) override { show(order, SplitName::train, 0, 0); }
  void learn(const Order& order, bool opens_epoch) override {
    if (opens_epoch) ++epoch_;
    show(order, SplitName::train, further_, epoch_);
  }
  void evaluate(SplitName split, const Order& order, bool, std::span<Score>) override {
    for (const std::uint32_t sample : order.front()) step_ += steps_of_sample(split, sample) + further_;
  }
  /// The state is put back afterwards, steps included.
  std::vector<std::vector<AreaAlignment>> align(const Order&) override { return {}; }
  void scale_learning(double) override {}
  std::size_t settling_samples() const override { return settling_; }
  void check() const override {}
  std::size_t bytes() const override { return 0; }
  void visit_state(StateVisitor&) override {}

 private:
  std::int64_t steps_of_sample(SplitName split, std::uint32_t sample) const {
    return data_.is_sequence() ? split_of(data_, split).sequences[sample].steps() : hold_;
  }
  void show(const Order& order, SplitName split, std::int64_t further, std::size_t epoch) {
    for (const std::uint32_t sample : order.front()) {
      const std::int64_t first = step_;
      step_ += steps_of_sample(split, sample) + further;
      out_.push_back({epoch, sample, first, step_});
    }
  }

  const Dataset& data_;
  std::uint64_t seed_;
  std::int64_t hold_ = 0, further_ = 0, step_ = 0;
  std::size_t settling_ = 0, epoch_ = 0;
  std::vector<ShownSample>& out_;
};

}  // namespace

std::vector<ShownSample> shown_samples(const Circuit& circuit, const Dataset& data,
                                       const Presentation& presentation, const TrainingPlan& plan,
                                       std::uint64_t seed) {
  std::vector<ShownSample> out;
  if (data.closed_loop || data.episodes) return out;
  TrainingPlan known = plan;
  known.minutes = 0;
  known.patience = 0;
  StepCounter counter(circuit, data, presentation, seed, out);
  std::atomic<bool> stop{false};
  Trainer(counter, known, {}).run(stop);
  return out;
}

}  // namespace apical
