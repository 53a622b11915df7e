// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/burst_pairing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apical/core/error.h"
#include "apical/core/random.h"

namespace apical::payeur2021 {
namespace {

struct Labelled {
  std::vector<std::uint8_t> events, bursts;  ///< by step
};

Labelled label(std::span<const double> times_s, std::size_t steps, const PairingParameters& p) {
  Labelled out{std::vector<std::uint8_t>(steps, 0), std::vector<std::uint8_t>(steps, 0)};
  bool burst_seen = false;
  for (std::size_t i = 0; i < times_s.size(); ++i) {
    const double at = std::floor(times_s[i] / p.dt_s);
    const bool event = i == 0 || times_s[i] - times_s[i - 1] > p.burst_threshold_s;
    const bool burst = !event && !burst_seen;
    burst_seen = !event;
    if (at < 0 || at >= static_cast<double>(steps)) continue;
    if (event) out.events[static_cast<std::size_t>(at)] = 1;
    if (burst) out.bursts[static_cast<std::size_t>(at)] = 1;
  }
  return out;
}

/// A time in the step that lies so many after that of `first_s`: the sum of both may divide to a little less.
double delayed(double first_s, double delay_s, double dt_s) {
  const double step = std::floor(first_s / dt_s) + std::round(delay_s / dt_s), sum = first_s + delay_s;
  return std::floor(sum / dt_s) == step ? sum : (step + 0.5) * dt_s;
}

Address train_address(std::uint64_t seed, std::uint32_t index, std::uint64_t draw) {
  return {seed, Stream::task_input, index, draw};
}

double exponential(double mean, const Address& at) { return -mean * std::log(1 - uniform(at)); }

}  // namespace

PairingOutcome pair_trains(std::span<const double> pre_s, std::span<const double> post_s, double duration_s,
                           RateEstimates initial, const PairingParameters& p) {
  if (!(duration_s > 0) || !(p.dt_s > 0) || !(initial.event_Hz > 0)) {
    throw ConfigError("a pairing needs a positive duration, time step and initial event rate");
  }
  const auto steps = static_cast<std::size_t>(std::floor(duration_s / p.dt_s));
  const Labelled pre = label(pre_s, steps, p), post = label(post_s, steps, p);
  PairingOutcome out{0, initial};
  RateEstimates& rate = out.estimates;
  double trace = 0;
  for (std::size_t k = 0; k < steps; ++k) {
    trace += -trace * p.dt_s / p.pre_tau_s + pre.events[k];
    const double event = post.events[k], burst = post.bursts[k];
    out.delta_w += p.learning_rate * (burst - rate.burst_Hz / rate.event_Hz * event) * trace;
    rate.event_Hz += -rate.event_Hz * p.dt_s / p.alpha_s + event / p.alpha_s;
    rate.burst_Hz += -rate.burst_Hz * p.dt_s / p.alpha_s + burst / p.alpha_s;
  }
  return out;
}

double periodic_pairing(double frequency_Hz, const PeriodicPairing& protocol) {
  std::vector<double> pre, post;
  for (int i = 0; i < protocol.pairings_per_epoch; ++i) {
    pre.push_back(protocol.first_pairing_s + i / frequency_Hz);
    post.push_back(delayed(pre.back(), protocol.post_delay_s, protocol.parameters.dt_s));
  }
  const double duration = protocol.pairings_per_epoch / frequency_Hz + protocol.tail_s;
  const double rest = std::exp(-protocol.interval_between_epochs_s / protocol.parameters.alpha_s);
  RateEstimates estimates = protocol.initial;
  double sum = 0;
  for (int epoch = 0; epoch < protocol.epochs; ++epoch) {
    const PairingOutcome out = pair_trains(pre, post, duration, estimates, protocol.parameters);
    sum += out.delta_w;
    estimates = {out.estimates.event_Hz * rest, out.estimates.burst_Hz * rest};
  }
  return sum;
}

std::vector<double> poisson_train(double rate_Hz, double refractory_s, double duration_s, std::uint64_t seed,
                                  std::uint32_t index) {
  const double mean = 1 / rate_Hz - refractory_s;
  if (!(rate_Hz > 0) || mean < 0)
    throw ConfigError("a Poisson train needs a rate above 0 and below 1/refractory time");
  std::vector<double> times;
  std::uint64_t draw = 0;
  for (double t = exponential(mean, train_address(seed, index, draw++)) + refractory_s; t < duration_s;
       t += refractory_s + exponential(mean, train_address(seed, index, draw++))) {
    times.push_back(t);
  }
  return times;
}

std::vector<double> burst_poisson_train(const BurstTrain& train, double duration_s, std::uint64_t seed,
                                        std::uint32_t index) {
  const std::vector<double> events =
      poisson_train(train.event_rate_Hz, train.event_refractory_s, duration_s, seed, index);
  std::vector<double> times;
  for (std::size_t i = 0; i < events.size(); ++i) {
    times.push_back(events[i]);
    const std::uint64_t own = std::uint64_t{1} << 40 | i;  // draws apart from those of the event times
    if (uniform(train_address(seed, index, own)) >= train.burst_probability) continue;
    const double second = events[i] + train.gap_s +
                          train.span_s * uniform(train_address(seed, index, own | std::uint64_t{1} << 41));
    if (second < duration_s) times.push_back(second);
  }
  return times;
}

std::vector<double> PeriodicExperiment::evenly(double first, double last, int count) {
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i + 1 < count; ++i) out.push_back(first + i * ((last - first) / (count - 1)));
  if (count > 0) out.push_back(last);
  return out;
}

std::vector<PairingCurve> run_pairing(const PeriodicExperiment& experiment) {
  PairingCurve curve{"periodic", experiment.frequencies_Hz, {}};
  for (const double f : curve.x) {
    if (!(f > 0)) throw ConfigError(fmt::format("frequencies_Hz holds {}; expected more than 0", f));
    curve.delta_w.push_back(periodic_pairing(f, experiment.protocol));
  }
  return {curve};
}

namespace {

/// Mean over repetitions of f(pair), which has trains 2 pair and 2 pair + 1 of the seed to itself.
template <class F>
double mean_over(int repetitions, std::size_t point, const F& f) {
  if (repetitions < 1) throw ConfigError(fmt::format("repetitions is {}; expected 1 or more", repetitions));
  double sum = 0;
  for (int n = 0; n < repetitions; ++n)
    sum += f(static_cast<std::uint32_t>(point * static_cast<std::size_t>(repetitions)) +
             static_cast<std::uint32_t>(n));
  return sum / repetitions;
}

}  // namespace

std::vector<PairingCurve> run_pairing(const PoissonExperiment& e, std::uint64_t seed) {
  std::vector<PairingCurve> out;
  for (const double p : e.initial_burst_probabilities) {
    PairingCurve curve{fmt::format("P(0) = {:g}", p), e.rates_Hz, {}};
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      curve.delta_w.push_back(mean_over(e.repetitions, i, [&](std::uint32_t pair) {
        const auto train = [&](std::uint32_t side) {
          return poisson_train(curve.x[i], e.refractory_s, e.duration_s, seed, 2 * pair + side);
        };
        return pair_trains(train(0), train(1), e.duration_s, {e.initial_event_Hz, p * e.initial_event_Hz},
                           e.parameters)
            .delta_w;
      }));
    }
    out.push_back(std::move(curve));
  }
  return out;
}

std::vector<PairingCurve> run_pairing(const BurstPoissonExperiment& e, std::uint64_t seed) {
  std::vector<PairingCurve> out;
  for (const double rate : e.event_rates_Hz) {
    PairingCurve curve{fmt::format("{:g} Hz", rate), e.burst_probabilities, {}};
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      const BurstTrain statistics{rate, curve.x[i], e.event_refractory_s, e.gap_s, e.span_s};
      curve.delta_w.push_back(mean_over(e.repetitions, i, [&](std::uint32_t pair) {
        const auto train = [&](std::uint32_t side) {
          return burst_poisson_train(statistics, e.duration_s, seed, 2 * pair + side);
        };
        return pair_trains(train(0), train(1), e.duration_s, {rate, e.initial_burst_probability * rate},
                           e.parameters)
            .delta_w;
      }));
    }
    out.push_back(std::move(curve));
  }
  return out;
}

}  // namespace apical::payeur2021
