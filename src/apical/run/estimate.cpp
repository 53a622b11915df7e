// SPDX-License-Identifier: Apache-2.0
#include "apical/run/estimate.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <tuple>

#include "apical/core/random.h"

namespace apical {
namespace {

std::uint64_t synapses_of(const Circuit& c, const Projection& j) {
  const std::uint64_t pre = c[j.from].size, post = c[j.to].size;
  return j.topology == Topology::one_to_one ? std::min(pre, post) : pre * post;
}

/// Numbers that one network holds, counted per array as the engine lays them out: neurons along vectors
/// (padded to a block), or one lane per replica.
class StateSize {
 public:
  StateSize(const Circuit& c, bool lanes) : c_(c), lanes_(lanes) {
    for (std::uint32_t k = 0; k < c.populations().size(); ++k) count_population(k);
    for (const Projection& j : c.projections()) count_projection(j);
  }
  std::size_t numbers() const { return numbers_; }

 private:
  std::size_t padded(std::size_t n) const { return lanes_ ? n : rate::round_up_block(n); }
  void vectors(std::size_t count, std::size_t n) {
    numbers_ += count * padded(n) * (lanes_ ? rate::kLanes : 1);
  }

  void count_population(std::uint32_t k) {
    const Population& p = c_.populations()[k];
    if (p.kind == Population::Kind::external) return vectors(2, p.size);
    std::size_t n = 3;  // soma, lookahead, rate
    bool slope = false, mismatch = false, high_passed = false;
    for (const Projection& j : c_.projections()) {
      const bool from = j.from.value == k, to = j.to.value == k;
      mismatch = mismatch || (from && j.transmits == Quantity::mismatch);
      slope = slope || (from && j.transmits == Quantity::slope);
      if (!j.rule) continue;
      slope = slope || (from && j.rule->decay.pre == WeightDecay::PreGate::slope) ||
              (to && j.rule->decay.post == WeightDecay::PostGate::slope);
      high_passed = high_passed || (from && j.rule->pre.kind == PreFactor::Kind::high_passed_rate);
    }
    n += (slope || mismatch ? 1 : 0) + (mismatch ? 1 : 0) + (high_passed ? 2 : 0);
    for (const Compartment& compartment : p.compartments) n += compartment.low_pass_ms > 0 ? 2 : 1;
    n += p.noise ? 2 : 0;
    n += p.slope != 1 || p.slope_sd != 0 || !p.slopes.empty() ? 1 : 0;
    n += p.offset != 0 || p.offset_sd != 0 || !p.offsets.empty() ? 1 : 0;
    vectors(n, p.size);
  }

  void count_projection(const Projection& j) {
    const std::size_t pre = c_[j.from].size, post = c_[j.to].size;
    if (j.delay_steps > 0 && sources_.insert({j.from.value, j.transmits, j.delay_steps}).second) {
      vectors(static_cast<std::size_t>(j.delay_steps) + 1, pre);
    }
    if (j.rule) count_factors(j);
    if (j.topology == Topology::one_to_one) {
      if (!j.weights.is_identity() || j.rule) vectors(1, std::min(pre, post));
      return;
    }
    std::size_t matrices = j.view ? (j.view->deviation ? 1 : 0) : 1;
    matrices += j.density < 1 ? 1 : 0;
    matrices += j.rule && j.rule->update_low_pass_ms > 0 ? 1 : 0;
    matrices += viewed_with_general_rule(j) ? 1 : 0;
    const std::size_t outer = std::min(pre, post), inner = std::max(pre, post);
    numbers_ += matrices * outer * padded(inner) * (lanes_ ? rate::kLanes : 1);
  }

  static bool rides_on_the_sweep(const Projection& j) {
    return j.rule && j.density == 1 && j.rule->decay.alpha == 0 && j.rule->update_low_pass_ms == 0 &&
           j.rule->post.kind != PostFactor::Kind::none;
  }
  /// Then the weights before the update are kept for the views.
  bool viewed_with_general_rule(const Projection& j) const {
    return !rides_on_the_sweep(j) &&
           std::any_of(c_.projections().begin(), c_.projections().end(), [&](const Projection& other) {
             return other.view && c_[other.view->of].name == j.name;
           });
  }

  /// A post factor and its copy per receiving population, a past presynaptic vector and its copy per sending
  /// one.
  void count_factors(const Projection& j) {
    const PlasticityRule& r = *j.rule;
    const std::size_t copies = rides_on_the_sweep(j) ? 1 : 0;
    if (r.post.kind != PostFactor::Kind::none &&
        post_.insert({j.to.value, r.post.kind, r.post.compartment, r.post.gain, r.post.low_pass_ms}).second) {
      vectors(1 + copies + (r.post.low_pass_ms > 0 ? 1 : 0), c_[j.to].size);
    }
    if (r.pre.kind == PreFactor::Kind::transmitted &&
        pre_.insert({j.from.value, j.transmits, j.delay_steps, r.pre.low_pass_ms}).second) {
      vectors(1 + copies + (r.pre.low_pass_ms > 0 ? 1 : 0), c_[j.from].size);
    }
  }

  const Circuit& c_;
  bool lanes_;
  std::size_t numbers_ = 0;
  std::set<std::tuple<std::uint32_t, Quantity, int>> sources_;
  std::set<std::tuple<std::uint32_t, PostFactor::Kind, std::string, double, double>> post_;
  std::set<std::tuple<std::uint32_t, Quantity, int, double>> pre_;
};

template <class Real>
MeasuredSpeed measure(const Circuit& circuit, std::size_t seeds, ThreadPool& pool, double seconds,
                      rate::Layout layout) {
  std::vector<std::uint64_t> numbers(seeds);
  for (std::size_t k = 0; k < seeds; ++k) numbers[k] = k + 1;
  rate::RateEngine<Real> engine(circuit, numbers, pool, {.layout = layout});
  engine.scale_learning(1e-20);
  for (std::uint32_t p = 0; p < circuit.populations().size(); ++p) {
    if (circuit.populations()[p].kind != Population::Kind::external) continue;
    std::vector<double> values(circuit.populations()[p].size);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = uniform({1, Stream::task_input, p, i});
    for (std::size_t r = 0; r < seeds; ++r) engine.set_external({p}, r, std::span<const double>(values));
  }
  double synapses = 0;
  for (const Projection& j : circuit.projections()) synapses += static_cast<double>(synapses_of(circuit, j));
  const auto speed = [&](const rate::Learning& learning) {
    using Clock = std::chrono::steady_clock;
    engine.advance(1, learning);  // first touch of what this mode needs
    const auto start = Clock::now();
    double passed = 0;
    rate::Step done = 0;
    for (rate::Step now = 1; passed < seconds / 2; now = std::min<rate::Step>(2 * now, 1000)) {
      engine.advance(now, learning);
      done += now;
      passed = std::chrono::duration<double>(Clock::now() - start).count();
    }
    return static_cast<double>(done) * synapses * static_cast<double>(seeds) / passed;
  };
  const double resting = speed({});
  return {speed(rate::Learning::all()), resting};
}

}  // namespace

std::size_t times_due(std::size_t every, const std::vector<std::size_t>& also, std::size_t epochs) {
  std::set<std::size_t> due;
  for (std::size_t epoch : also) {
    if (epoch <= epochs) due.insert(epoch);
  }
  if (every == 0) return due.size();
  std::size_t n = epochs / every + 1 + (epochs % every == 0 ? 0 : 1);
  for (std::size_t epoch : due) n += epoch % every == 0 || epoch == epochs ? 0 : 1;
  return n;
}

MeasuredSpeed measure_speed(const Circuit& circuit, std::size_t seeds, bool double_precision,
                            ThreadPool& pool, double seconds, rate::Layout layout) {
  return double_precision ? measure<double>(circuit, seeds, pool, seconds, layout)
                          : measure<float>(circuit, seeds, pool, seconds, layout);
}

Estimate estimate(const Circuit& circuit, const PlannedWork& work, std::optional<MeasuredSpeed> speed) {
  Estimate e;
  const bool lanes = work.double_precision
                         ? rate::RateEngine<double>::chooses_lanes(circuit, work.seeds, work.layout)
                         : rate::RateEngine<float>::chooses_lanes(circuit, work.seeds, work.layout);
  const std::size_t networks = lanes ? (work.seeds + rate::kLanes - 1) / rate::kLanes : work.seeds;
  e.state_bytes = networks * StateSize(circuit, lanes).numbers() *
                  (work.double_precision ? sizeof(double) : sizeof(float));
  e.bytes_per_replica = e.state_bytes / std::max<std::size_t>(1, work.seeds);

  const std::int64_t hold = std::llround(work.presentation.presentation_ms / circuit.dt_ms);
  const std::int64_t settling =
      std::llround(work.presentation.settling_ms / work.presentation.presentation_ms);
  const auto held = [&](std::size_t samples) {
    return (hold + work.presentation.further_steps()) * static_cast<std::int64_t>(samples);
  };
  const PlannedWork::Steps once =
      work.steps.value_or(PlannedWork::Steps{held(work.train), held(work.validation), held(work.test)});
  const TrainingPlan& plan = work.plan;
  const auto times = [](std::size_t n, std::int64_t steps) { return static_cast<std::int64_t>(n) * steps; };
  e.learning_steps = times(plan.epochs, once.train);
  const std::int64_t watched = times(times_due(plan.align_every, plan.align_epochs, plan.epochs),
                                     held(std::min(plan.align_samples, work.train)));
  const std::int64_t evaluated =
      times(times_due(plan.validate_every, {}, plan.epochs), once.validation) +
      std::max<std::int64_t>(1, times_due(plan.test_every, {}, plan.epochs)) * once.test;
  e.resting_steps = hold * settling + evaluated + watched;
  for (const Projection& j : circuit.projections()) e.synapses += synapses_of(circuit, j);
  const double per_step = static_cast<double>(e.synapses) * static_cast<double>(work.seeds);
  e.synapse_updates = static_cast<double>(e.steps()) * per_step;
  if (speed) {
    e.seconds = static_cast<double>(e.learning_steps) * per_step / speed->learning +
                static_cast<double>(e.resting_steps) * per_step / speed->resting;
    if (per_step == 0) e.seconds.reset();  // nothing to measure by
  }
  for (const RecordedWidth& r : work.recordings) {
    const std::int64_t stride = std::max<std::int64_t>(1, std::llround(r.every_ms / circuit.dt_ms));
    const auto rows = static_cast<std::uint64_t>((hold * settling + e.learning_steps) / stride);
    e.recording_bytes += rows * r.width * r.replicas * sizeof(float);
  }
  return e;
}

}  // namespace apical
