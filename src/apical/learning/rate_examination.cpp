// SPDX-License-Identifier: Apache-2.0
// What the end of a run shows of circuits in continuous time.
#include <algorithm>
#include <cmath>
#include <limits>

#include "apical/learning/examination.h"
#include "apical/learning/rate_learner.h"

namespace apical {
namespace {

std::pair<double, double> bounds_of(ActivationKind kind) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  switch (kind) {
    case ActivationKind::logistic:
    case ActivationKind::hard_sigmoid:
      return {0, 1};
    case ActivationKind::tanh:
      return {-1, 1};
    case ActivationKind::linear:
    case ActivationKind::relu:
    case ActivationKind::soft_relu:
      break;
  }
  return {-kInfinite, kInfinite};
}

bool is_noisy(const Circuit& c) {
  return std::any_of(c.populations().begin(), c.populations().end(),
                     [](const Population& p) { return p.noise.has_value(); });
}

/// Hidden populations on the way from the stimulus to the readout.
std::vector<PopulationId> hidden_of(const Circuit& c) {
  std::vector<PopulationId> path = forward_path(c);
  std::erase_if(path, [&](PopulationId p) { return p == *c.readout(); });
  return path;
}

}  // namespace

/// Of the first samples, one row each, at the ends of presentations: hidden populations one after the other,
/// then the readout, and the readout again after as long again.
template <class Real>
typename RateLearner<Real>::Held RateLearner<Real>::hold_samples(std::span<const std::uint32_t> samples) {
  const std::vector<PopulationId> hidden = hidden_of(engine_.circuit());
  Held held;
  held.hidden.assign(replicas(), {});
  held.answers.assign(replicas(), Matrix<double>(samples.size(), engine_.circuit()[readout_].size));
  held.later = held.answers;
  for (auto& of_replica : held.hidden) {
    for (PopulationId p : hidden) of_replica.emplace_back(samples.size(), engine_.circuit()[p].size);
  }
  if (target_) engine_.clear_external(*target_);
  const SplitName split = split_to_examine();
  const Order order(replicas(), samples);
  engine_.for_each_network([&](rate::Network<Real>& n, std::size_t first, std::size_t count) {
    for (std::size_t k = 0; k < samples.size(); ++k) {
      show(n, first, count, order, k, split, [&](rate::Step steps) { n.advance(steps, {}); });
      n.advance(presentation_.further_steps(), {});
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t p = 0; p < hidden.size(); ++p)
          n.read(hidden[p], "rate", i, held.hidden[first + i][p].row(k));
        n.read(readout_, "rate", i, held.answers[first + i].row(k));
      }
      n.advance(hold_, {});
      for (std::size_t i = 0; i < count; ++i) n.read(readout_, "rate", i, held.later[first + i].row(k));
    }
    n.check_finite();
  });
  return held;
}

template <class Real>
SplitName RateLearner<Real>::split_to_examine() const {
  const Split* const split = &examined_split(*data_.front());
  return split == &data_.front()->test         ? SplitName::test
         : split == &data_.front()->validation ? SplitName::validation
                                               : SplitName::train;
}

/// The same weights at the time step and at half of it, both from rest.
template <class Real>
void RateLearner<Real>::examine_step(std::span<const std::uint32_t> samples, Examination& x) {
  const std::vector<std::uint64_t> seeds(engine_.seeds().begin(), engine_.seeds().end());
  ThreadPool alone(1);
  const auto answers_at = [&](double dt_ms) {
    Circuit circuit = engine_.circuit();
    circuit.dt_ms = dt_ms;
    RateLearner<Real> other(circuit, data_, seeds, presentation_, alone,
                            {.layout = options_.layout, .sharing = options_.sharing});
    for (std::uint32_t j = 0; j < circuit.projections().size(); ++j) {
      const Projection& p = circuit.projections()[j];
      const bool copies = p.topology == Topology::one_to_one && p.weights.is_identity() && !p.rule;
      if (p.view || copies) continue;  // has no weights of its own
      for (std::size_t r = 0; r < replicas(); ++r) other.engine_.set_weights({j}, r, engine_.weights({j}, r));
    }
    return other.hold_samples(samples).answers;
  };
  const double dt_ms = engine_.circuit().dt_ms;
  try {
    const auto whole = answers_at(dt_ms), half = answers_at(dt_ms / 2);
    for (std::size_t r = 0; r < replicas(); ++r) {
      if (const auto change = change_between(whole[r], half[r]))
        x.add(examined::kHalvedStep, "output", seeds[r], *change);
    }
    x.without(examined::kHalvedStep, "answers had no spread");
  } catch (const NumericalFault&) {
    for (const std::uint64_t seed : seeds) x.add(examined::kHalvedStep, "output", seed, 1);  // all of it
  } catch (const ConfigError& e) {
    x.without(examined::kHalvedStep, "the circuit cannot run at half its step: " + e.bare_message());
  }
}

template <class Real>
void RateLearner<Real>::examine(Examination& x) {
  x.without(examined::kAtBounds, "weights of the circuit have no bounds");
  x.without(examined::kAnswerChange, "targets act on a circuit while it learns, and on none in evaluations");
  const Circuit& c = engine_.circuit();
  for (std::size_t r = 0; r < replicas(); ++r) {
    if (r == 0 || data_[r] != data_[r - 1]) examine_data(*data_[r], engine_.seeds()[r], x);
  }
  if (sequences_ || data_.front()->closed_loop) {
    x.without({examined::kSaturated, examined::kDead, examined::kUnsettled, examined::kHalvedStep,
               examined::kCreditAngle},
              "inputs of the task change all the time: there is no sample that is held");
    return;
  }
  if (bytes() > kMostCopied) {
    x.without({examined::kSaturated, examined::kDead, examined::kUnsettled, examined::kHalvedStep,
               examined::kCreditAngle},
              kTooLarge);
    return;
  }
  Snapshot before;
  before.take(*this);
  const std::vector<PopulationId> hidden = hidden_of(c);
  const auto samples = first_samples(examined_split(*data_.front()).size(), kExaminedSamples);
  Held held = hold_samples(samples);
  for (std::size_t r = 0; r < replicas(); ++r) {
    for (std::size_t p = 0; p < hidden.size(); ++p) {
      UnitActivity units(bounds_of(c[hidden[p]].activation));
      for (std::size_t k = 0; k < samples.size(); ++k)
        units.sample(std::span<const double>(held.hidden[r][p].row(k)));
      x.add(examined::kDead, c[hidden[p]].name, engine_.seeds()[r], units.dead());
      if (units.has_bounds())
        x.add(examined::kSaturated, c[hidden[p]].name, engine_.seeds()[r], units.saturated());
    }
    const auto change = change_between(held.answers[r], held.later[r]);
    if (change && !is_noisy(c)) x.add(examined::kUnsettled, "output", engine_.seeds()[r], *change);
  }
  held = {};  // what comes needs as much again
  x.without(examined::kSaturated,
            hidden.empty() ? "there is no hidden population" : "activations have no bounds");
  x.without(examined::kDead, "there is no hidden population");
  x.without(examined::kUnsettled, is_noisy(c) ? "noise keeps answers moving" : "answers had no spread");
  if (is_noisy(c)) {
    x.without(examined::kHalvedStep, "noise differs with the step");
  } else {
    examine_step(samples, x);
  }
  before.restore(*this);
  try {
    const auto trained = first_samples(data_.front()->train.size(), kExaminedSamples);
    add_angles(align(Order(replicas(), trained)), seeds(), x);
  } catch (const ConfigError& e) {
    x.without(examined::kCreditAngle, e.bare_message());
  }
  before.restore(*this);
}

template void RateLearner<float>::examine(Examination&);
template void RateLearner<double>::examine(Examination&);

}  // namespace apical
