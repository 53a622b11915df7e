// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/rate_learner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

#include "apical/core/error.h"
#include "apical/learning/alignment.h"
#include "apical/learning/trial_alignment.h"

namespace apical {
namespace {

constexpr double kUnscoredSteps = 10;  // at the start of a test run (Max et al. 2025, program)

bool are_sequences(const std::vector<std::shared_ptr<const Dataset>>& data) {
  return std::any_of(data.begin(), data.end(), [](const auto& d) { return d->is_sequence(); });
}

rate::EngineOptions fitting(rate::EngineOptions options, bool sequences) {
  if (sequences) options.layout = rate::Layout::wide;
  return options;
}

}  // namespace

template <class Real>
RateLearner<Real>::RateLearner(Circuit circuit, std::vector<std::shared_ptr<const Dataset>> data,
                               std::vector<std::uint64_t> seeds, Presentation presentation, ThreadPool& pool,
                               rate::EngineOptions options)
    : options_(fitting(options, are_sequences(data))),
      engine_(std::move(circuit), std::move(seeds), pool, options_),
      data_(std::move(data)),
      presentation_(std::move(presentation)) {
  const Circuit& c = engine_.circuit();
  APICAL_CHECK(data_.size() == engine_.replicas());
  for (const auto& d : data_) check_presentation(c, *d, presentation_);
  stimulus_ = *c.stimulus();
  readout_ = *c.readout();
  target_ = c.target();
  depth_ = forward_depth(c);
  sequences_ = are_sequences(data_);
  for (const auto& d : data_) APICAL_CHECK(d->is_sequence() == sequences_);
  APICAL_CHECK(presentation_.steps_per_control > 0);
  hold_ = std::llround(presentation_.presentation_ms / c.dt_ms);
  for (std::size_t k = 0; k < engine_.replicas(); ++k) {
    rate::Network<Real>& n = engine_.network(k);
    const std::size_t lane = engine_.lane(k);
    targets_.emplace_back(c, *data_[k], presentation_.target_potentials, n.neuron_slopes(readout_, lane),
                          n.neuron_offsets(readout_, lane));
  }
  previous_target_ = current_target_ = Matrix<double>(engine_.replicas(), c[readout_].size);
  scored_steps_.assign(engine_.replicas(), 0.0);
}

template <class Real>
void RateLearner<Real>::set_sampler(rate::Step stride, Sampler<Real> sampler) {
  sample_stride_ = stride;
  sampler_ = std::move(sampler);
}

template <class Real>
std::vector<Variable> RateLearner<Real>::variables() const {
  const Circuit& c = engine_.circuit();
  std::vector<Variable> out;
  for (std::uint32_t p = 0; p < c.populations().size(); ++p) {
    for (std::string& name : engine_.network(0).variables({p}))
      out.push_back(
          {.population = c[PopulationId{p}].name, .name = std::move(name), .width = c[PopulationId{p}].size});
  }
  for (std::uint32_t j = 0; j < c.projections().size(); ++j) {
    const ProjectionId id{j};
    const std::size_t pre = c[c[id].from].size, post = c[c[id].to].size;
    const std::size_t width = c[id].topology == Topology::one_to_one ? std::min(pre, post) : pre * post;
    out.push_back({.projection = c[id].name, .name = "weights", .width = width});
  }
  return out;
}

template <class Real>
void RateLearner<Real>::record(std::vector<Tap> taps, Sink sink) {
  if (taps.empty()) return set_sampler(0, {});
  rate::Step common = 0;
  for (const Tap& tap : taps) common = std::gcd(common, tap.stride);
  set_sampler(common, [this, taps = std::move(taps), sink = std::move(sink)](
                          rate::Network<Real>& n, std::size_t first, std::size_t count) {
    const Circuit& c = engine_.circuit();
    for (std::size_t t = 0; t < taps.size(); ++t) {
      const Tap& tap = taps[t];
      if (tap.replica < first || tap.replica >= first + count || n.step() % tap.stride != 0) continue;
      const std::size_t lane = tap.replica - first;
      std::vector<double> values(tap.variable.width);
      if (tap.variable.projection.empty()) {
        n.read(c.population(tap.variable.population), tap.variable.name, lane, values);
      } else {
        const Matrix<double> w = n.weights(c.projection(tap.variable.projection), lane);
        values.assign(w.flat().begin(), w.flat().end());
      }
      sink(t, n.step(), std::vector<float>(values.begin(), values.end()));
    }
  });
}

template <class Real>
void RateLearner<Real>::advance(rate::Network<Real>& n, std::size_t first, std::size_t count,
                                rate::Step steps, const rate::Learning& learning) {
  if (!sampler_) return n.advance(steps, learning);
  while (steps > 0) {
    const rate::Step to_sample = sample_stride_ - n.step() % sample_stride_;
    const rate::Step now = std::min(steps, to_sample);
    n.advance(now, learning);
    steps -= now;
    if (n.step() % sample_stride_ == 0) sampler_(n, first, count);
  }
}

template <class Real>
void RateLearner<Real>::reset_somata(rate::Network<Real>& n, std::size_t count) {
  for (PopulationId p : presentation_.reset_somata) {
    const std::vector<double> rest(n.size(p), 0.0);
    for (std::size_t lane = 0; lane < count; ++lane) n.reset_soma(p, lane, rest);
  }
}

/// Begins sample `k`, notes its target, sets the input whenever it changes and calls hold(steps) each time
/// for the steps in which it stays.
template <class Real>
void RateLearner<Real>::show(rate::Network<Real>& n, std::size_t first, std::size_t count, const Order& order,
                             std::size_t k, SplitName split, const std::function<void(rate::Step)>& hold) {
  n.mark_event(n.step());
  reset_somata(n, count);
  for (std::size_t i = 0; i < count; ++i) {
    targets_[first + i].read(split_of(data(first + i), split), order[first + i][k],
                             current_target_.row(first + i));
  }
  if (sequences_) {
    APICAL_CHECK(count == 1);
    const InputSequence& course = split_of(data(first), split).sequences[order[first][k]];
    for (std::size_t part = 0; part + 1 < course.change_points.size(); ++part) {
      const rate::Step steps = course.change_points[part + 1] - course.change_points[part];
      if (steps == 0) continue;
      n.set_external(stimulus_, 0, course.values.row(part));
      hold(steps);
    }
    return;
  }
  thread_local std::vector<Real> input;
  input.resize(engine_.circuit()[stimulus_].size);
  for (std::size_t i = 0; i < count; ++i) {
    split_of(data(first + i), split).read_input(order[first + i][k], std::span<Real>(input));
    n.set_external(stimulus_, i, std::span<const Real>(input));
  }
  hold(hold_);
}

template <class Real>
void RateLearner<Real>::set_target(rate::Network<Real>& n, std::size_t first, std::size_t count,
                                   bool current) {
  if (!target_) return;
  for (std::size_t i = 0; i < count; ++i) {
    n.set_external(*target_, i,
                   std::span<const double>((current ? current_target_ : previous_target_).row(first + i)));
  }
}

/// Shows training sample `k` with its target, which comes as many steps late as inputs need to reach the
/// output where a sample went before. Calls advance_by(steps, learns).
template <class Real>
template <class Advance>
void RateLearner<Real>::teach(rate::Network<Real>& n, std::size_t first, std::size_t count,
                              const Order& order, std::size_t k, bool after_another, Advance advance_by) {
  const bool throughout = presentation_.learning == LearningSteps::every;
  rate::Step lag = presentation_.delay_targets && after_another ? static_cast<rate::Step>(depth_) : 0;
  bool begun = false;
  show(n, first, count, order, k, SplitName::train, [&](rate::Step steps) {
    if (!begun) {
      for (std::size_t i = 0; i < count && !mismatches_.empty(); ++i) {
        mismatch(first + i, SplitName::train, order[first + i][k], [](std::size_t) { return true; });
      }
      set_target(n, first, count, lag == 0);
    }
    begun = true;
    if (lag > 0) {
      const rate::Step now = std::min(lag, steps);
      advance_by(now, throughout);
      lag -= now;
      steps -= now;
      if (lag > 0) return;
      set_target(n, first, count, true);
    }
    if (steps > 0) advance_by(steps, throughout);
  });
  if (presentation_.further_steps() > 0) advance_by(presentation_.further_steps(), true);
}

template <class Real>
void RateLearner<Real>::teach_alone(rate::Network<Real>& n, std::size_t replica, const Order& order,
                                    std::size_t k,
                                    const std::function<void(rate::Step steps, bool learns)>& advance_by) {
  teach(n, replica, 1, order, k, k > 0, advance_by);
}

template <class Real>
void RateLearner<Real>::remember_targets(std::size_t first, std::size_t count) {
  for (std::size_t replica = first; replica < first + count; ++replica) {
    std::copy_n(current_target_.row(replica).begin(), current_target_.cols(),
                previous_target_.row(replica).begin());
  }
}

/// The exact gradient's network with the weights and activation parameters of one replica.
template <class Real>
FeedforwardGradient RateLearner<Real>::gradient_of(rate::Network<Real>& n, std::size_t lane) const {
  const Circuit& c = engine_.circuit();
  FeedforwardGradient gradient(c);
  for (ProjectionId j : gradient.projections()) {
    gradient.set_weights(j, n.weights(j, lane));
    if (Matrix<double> existing = n.existing(j, lane); existing.size() > 0)
      gradient.set_existing(j, std::move(existing));
  }
  for (std::uint32_t p = 0; p < c.populations().size(); ++p) {
    if (c.populations()[p].slope_sd == 0 && c.populations()[p].offset_sd == 0) continue;
    gradient.set_neuron_parameters({p}, n.neuron_slopes({p}, lane), n.neuron_offsets({p}, lane));
  }
  return gradient;
}

template <class Real>
std::size_t RateLearner<Real>::settling_samples() const {
  return sequences_ ? 0
                    : static_cast<std::size_t>(
                          std::llround(presentation_.settling_ms / presentation_.presentation_ms));
}

template <class Real>
void RateLearner<Real>::settle(const Order& order) {
  if (target_) engine_.clear_external(*target_);
  engine_.for_each_network([&](rate::Network<Real>& n, std::size_t first, std::size_t count) {
    for (std::size_t k = 0; k < order[first].size(); ++k) {
      show(n, first, count, order, k, SplitName::train,
           [&](rate::Step steps) { advance(n, first, count, steps, {}); });
    }
  });
}

template <class Real>
void RateLearner<Real>::learn(const Order& order, bool opens_epoch) {
  const rate::Learning learning = rate::Learning::all(), resting{.refresh = true};
  engine_.for_each_network([&](rate::Network<Real>& n, std::size_t first, std::size_t count) {
    for (std::size_t k = 0; k < order[first].size(); ++k) {
      teach(n, first, count, order, k, !opens_epoch || k > 0, [&](rate::Step steps, bool learns) {
        advance(n, first, count, steps, learns ? learning : resting);
      });
      remember_targets(first, count);
    }
  });
}

template <class Real>
void RateLearner<Real>::evaluate(SplitName split, const Order& order, bool opens, std::span<Score> scores) {
  if (target_) engine_.clear_external(*target_);
  if (split != SplitName::train && data_.front()->closed_loop) return steer(split, order, scores);
  engine_.for_each_network([&](rate::Network<Real>& n, std::size_t first, std::size_t count) {
    std::vector<double> rates(engine_.circuit()[readout_].size);
    const auto squared_error = [&](std::size_t replica, const Matrix<double>& target) {
      n.read(readout_, "rate", replica - first, rates);
      double sum = 0;
      add_squared_error(sum, std::span<const double>(rates),
                        [&](std::size_t i) { return targets_[replica].rate(target(replica, i), i); });
      if (!std::isfinite(sum)) refuse_outputs(n, replica, rates, sum);
      return sum;
    };
    if (opens) {
      for (std::size_t i = 0; i < count; ++i) scored_steps_[first + i] = 0;
    }
    for (std::size_t k = 0; k < order[first].size(); ++k) {
      const auto late =
          presentation_.delay_targets && !(opens && k == 0) ? static_cast<rate::Step>(depth_) : 0;
      rate::Step shown = 0;
      const auto watch = [&](rate::Step steps) {
        if (presentation_.scored == ScoredSteps::last) return n.advance(steps, {});
        for (rate::Step step = 0; step < steps; ++step, ++shown) {
          n.advance(1, {});
          for (std::size_t i = 0; i < count; ++i) {
            if (scored_steps_[first + i]++ < kUnscoredSteps) continue;
            scores[first + i].count_loss(
                squared_error(first + i, shown < late ? previous_target_ : current_target_));
          }
        }
      };
      show(n, first, count, order, k, split, watch);
      if (presentation_.further_steps() > 0) watch(presentation_.further_steps());
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t replica = first + i;
        Score& s = scores[replica];
        const double e = squared_error(replica, current_target_);
        if (presentation_.scored == ScoredSteps::last) s.count_loss(e);
        const Dataset& d = *data_[replica];
        s.count_answer(d, std::span<const double>(rates), split_of(d, split), order[replica][k]);
      }
      remember_targets(first, count);
    }
  });
}

template <class Real>
void RateLearner<Real>::refuse_outputs(const rate::Network<Real>& n, std::size_t replica,
                                       std::span<const double> rates, double loss) const {
  n.check_finite();  // knows the neuron that it began with
  const Population& readout = engine_.circuit()[readout_];
  NumericalFault::Where where{.population = readout.name,
                              .quantity = "loss",
                              .seed = seeds()[replica],
                              .step = n.step(),
                              .time_ms = static_cast<double>(n.step()) * engine_.circuit().dt_ms,
                              .value = loss};
  const auto bad = std::find_if(rates.begin(), rates.end(), [](double r) { return !std::isfinite(r); });
  if (bad != rates.end()) {
    where.quantity = "rate";
    where.unit = static_cast<std::size_t>(bad - rates.begin());
    where.value = *bad;
  }
  throw NumericalFault(std::move(where));
}

template <class Real>
Matrix<double> RateLearner<Real>::respond(SplitName split, std::size_t replica,
                                          std::span<const std::uint32_t> samples) {
  Snapshot before;
  before.take(*this);
  const Order order(engine_.replicas(), samples);  // every replica sees them; one is read
  Matrix<double> outputs(samples.size(), engine_.circuit()[readout_].size);
  if (target_) engine_.clear_external(*target_);
  engine_.for_each_network([&](rate::Network<Real>& n, std::size_t first, std::size_t count) {
    if (replica < first || replica >= first + count) return;
    for (std::size_t k = 0; k < samples.size(); ++k) {
      show(n, first, count, order, k, split, [&](rate::Step steps) { n.advance(steps, {}); });
      n.advance(presentation_.further_steps(), {});
      n.read(readout_, "rate", replica - first, outputs.row(k));
    }
  });
  before.restore(*this);
  return outputs;
}

template <class Real>
std::vector<std::vector<AreaAlignment>> RateLearner<Real>::align(const Order& order) {
  const Circuit& c = engine_.circuit();
  if (sequences_) check_has_gradient_through_time(c);
  // Nothing that is measured may change what is learned: the state is put back afterwards.
  Snapshot before;
  before.take(*this);
  std::vector<std::vector<AreaAlignment>> result(engine_.replicas());
  engine_.for_each_network([&](rate::Network<Real>& n, std::size_t first, std::size_t count) {
    if (sequences_) {
      result[first] = align_trials(n, first, order);
      return;
    }
    std::deque<FeedforwardGradient> gradients;
    std::deque<AlignmentMeter> meters;
    for (std::size_t i = 0; i < count; ++i) {
      gradients.push_back(gradient_of(n, i));
      meters.emplace_back(c, gradients.back());
    }
    std::vector<double> input(c[stimulus_].size);
    const rate::Learning watch{.observe_credit = true};
    for (std::size_t k = 0; k < order[first].size(); ++k) {
      teach(n, first, count, order, k, k > 0, [&](rate::Step steps, bool) { n.advance(steps, watch); });
      for (std::size_t i = 0; i < count; ++i) {
        const auto& learnable = gradients[i].learnable();
        for (std::size_t m = 0; m < learnable.size(); ++m) {
          if (Matrix<double>& whole = meters[i].whole(m); whole.size() != 0) {
            n.credit(learnable[m], i, whole);
          } else {
            n.credit(learnable[m], i, meters[i].post(m), meters[i].pre(m));
          }
        }
        data(first + i).train.read_input(order[first + i][k], std::span<double>(input));
        telling_of(seeds()[first + i], static_cast<std::uint64_t>(n.step()),
                   [&] { meters[i].sample(input, current_target_.row(first + i)); });
      }
      remember_targets(first, count);
    }
    for (std::size_t i = 0; i < count; ++i) result[first + i] = meters[i].result();
  });
  before.restore(*this);
  return result;
}

template <class Real>
void RateLearner<Real>::visit_state(StateVisitor& a) {
  a.section("engine", [&] { engine_.visit_state(a); });
  a("previous_target", previous_target_.flat());
  a("scored_steps", std::span<double>(scored_steps_));
}

template class RateLearner<float>;
template class RateLearner<double>;

}  // namespace apical
