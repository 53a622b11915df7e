// SPDX-License-Identifier: Apache-2.0
#include "apical/run/estimate.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <vector>

#include "apical/circuit/formula.h"
#include "apical/engine/rate/sharing.h"

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
  StateSize(const Circuit& c, bool lanes, RankPlace place = {}) : c_(c), lanes_(lanes), place_(place) {
    for (std::uint32_t k = 0; k < c.populations().size(); ++k) count_population(k);
    for (std::uint32_t k = 0; k < c.projections().size(); ++k) count_projection({k});
  }
  double numbers() const { return numbers_; }

 private:
  double padded(std::size_t n) const { return static_cast<double>(lanes_ ? n : rate::round_up_block(n)); }
  void vectors(std::size_t count, std::size_t n) {
    numbers_ += static_cast<double>(count) * padded(n) * (lanes_ ? rate::kLanes : 1);
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

  void count_projection(ProjectionId id) {
    const Projection& j = c_[id];
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
    const std::size_t outer = rows_here(j.view ? j.view->of : id, std::min(pre, post)),
                      inner = std::max(pre, post);
    numbers_ += static_cast<double>(matrices) * static_cast<double>(outer) * padded(inner) *
                (lanes_ ? rate::kLanes : 1);
  }

  /// Of the rows of a matrix, those of this rank.
  std::size_t rows_here(ProjectionId id, std::size_t rows) const {
    if (place_.ranks == 1 || lanes_) return rows;
    const rate::Cut cut = rate::cut_of(c_, id);
    if (!cut.divisible()) return rows;
    const std::vector<std::size_t> first = rate::rows_of_ranks(cut, place_.ranks);
    return first[place_.rank + 1] - first[place_.rank];
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
    if (r.interpreted) return count_interpreted(j, formula::parse(*r.formula));
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

  /// Copies of what a formula reads of the step before.
  void count_interpreted(const Projection& j, const formula::Expression& formula) {
    const std::size_t potentials =
        (formula.uses(formula::Local::look) ? 1 : 0) + formula.compartments().size();
    vectors(potentials, c_[j.to].size);
    if (formula.uses(formula::Local::pre) &&
        pre_.insert({j.from.value, j.transmits, j.delay_steps, 0}).second)
      vectors(1, c_[j.from].size);
  }

  const Circuit& c_;
  bool lanes_;
  RankPlace place_;
  double numbers_ = 0;
  std::set<std::tuple<std::uint32_t, Quantity, int>> sources_;
  std::set<std::tuple<std::uint32_t, PostFactor::Kind, std::string, double, double>> post_;
  std::set<std::tuple<std::uint32_t, Quantity, int, double>> pre_;
};

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

std::size_t epochs_within(const TrainingPlan& plan, double seconds_per_epoch) {
  if (!(plan.minutes > 0) || !(seconds_per_epoch > 0)) return plan.epochs;
  const double begun = std::floor(60 * plan.minutes / seconds_per_epoch) + 1;
  return begun < static_cast<double>(plan.epochs) ? static_cast<std::size_t>(begun) : plan.epochs;
}

MeasuredSpeed speed_of(const Pace& pace, const Circuit& circuit, const PlannedWork& work) {
  PlannedWork once = work;
  once.plan = {.epochs = 1};
  const Estimate one = estimate(circuit, once);
  const double per_sample = static_cast<double>(one.learning_steps) / static_cast<double>(work.train) *
                            static_cast<double>(one.synapses) * static_cast<double>(work.seeds);
  return {per_sample / pace.learning, per_sample / pace.answering};
}

namespace {

bool lies_in_lanes(const Circuit& circuit, const PlannedWork& work) {
  return work.double_precision ? rate::RateEngine<double>::chooses_lanes(circuit, work.seeds, work.layout)
                               : rate::RateEngine<float>::chooses_lanes(circuit, work.seeds, work.layout);
}

}  // namespace

double state_bytes(const Circuit& circuit, const PlannedWork& work) {
  return state_bytes_of_rank(circuit, work, {});
}

double state_bytes_of_rank(const Circuit& circuit, const PlannedWork& work, RankPlace place) {
  const bool lanes = lies_in_lanes(circuit, work);
  const std::size_t networks = lanes ? (work.seeds + rate::kLanes - 1) / rate::kLanes : work.seeds;
  return static_cast<double>(networks) * StateSize(circuit, lanes, place).numbers() *
         (work.double_precision ? sizeof(double) : sizeof(float));
}

Estimate estimate(const Circuit& circuit, const PlannedWork& work, std::optional<MeasuredSpeed> speed) {
  Estimate e;
  constexpr double kLargest = 9e18;  // of what a size can say
  e.state_bytes = static_cast<std::size_t>(std::min(kLargest, state_bytes(circuit, work)));
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
  const std::size_t aligned = std::min(plan.align_samples, work.train);
  // Of samples that run their course, their mean length: there the exact gradient takes the trial twice more
  // forwards and once, at about the cost of two, backwards.
  const std::int64_t of_alignment =
      work.courses && work.train > 0
          ? 5 * once.train / static_cast<std::int64_t>(work.train) * static_cast<std::int64_t>(aligned)
          : held(aligned);
  const std::int64_t watched =
      times(times_due(plan.align_every, plan.align_epochs, plan.epochs), of_alignment);
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
