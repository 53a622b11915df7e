// SPDX-License-Identifier: Apache-2.0
#include "apical/models/payeur2021_mnist.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "apical/core/error.h"

namespace apical::payeur2021 {
namespace {

using namespace apical::spike;

constexpr double kWeightLimit = 100;  // mV; not reached, for the rule wants bounds
constexpr double kMeanIntensity = 0.13, kMeanSquareIntensity = 0.1;  // of a pixel of MNIST
constexpr double kInitialOutputGain = 0.1;  // outputs begin near their threshold, with little to unlearn

EscapeBurst neuron(const MnistOptions& o) {
  EscapeBurst n;
  n.maximum_rate_Hz = o.escape_Hz;
  n.threshold_V = n.rest_V + o.threshold_mV * 1e-3;
  n.burst_shortest_s = std::max(n.burst_shortest_s, 2 * o.dt_s);  // one step after its event at least
  n.burst_span_s = std::max(0.0, 15e-3 - n.burst_shortest_s);
  return n;
}

NeuronGroup population(const MnistOptions& o, const char* name, std::size_t size, double burst_probability) {
  NeuronGroup g{.name = name, .size = size, .model = neuron(o)};
  g.estimator.alpha_s = o.alpha_s;
  g.dendrite_current.constant_A = EscapeBurst{}.dendrite_current_A(burst_probability);
  return g;
}

/// Every spike of a source is an event: it has no bursts.
NeuronGroup sources_of(const MnistOptions& o, const char* name, std::size_t size, double rate_Hz) {
  NeuronGroup g{.name = name, .size = size, .model = PoissonSource{rate_Hz}};
  g.estimator.burst_limit_s = 0.5 * o.dt_s;
  return g;
}

bool takes_off_expected(const MnistOptions& o) {
  return o.feedback == MnistFeedback::random || o.feedback == MnistFeedback::learned;
}

}  // namespace

SpikingCircuit mnist_network(const MnistOptions& o, std::size_t sources) {
  if (sources == 0 || o.hidden == 0 || o.per_class == 0) {
    throw ConfigError(fmt::format(
        "digits: {} sources, {} hidden neurons and {} output neurons per class; each must be at least 1",
        sources, o.hidden, o.per_class));
  }
  const EscapeBurst n;
  const double slope_mV = n.slope_V * 1e3, dendrite_slope_mV = n.dendrite_slope_V * 1e3,
               tau_s = n.synaptic_tau_s;
  SpikingCircuit d;
  d.dt_s = o.dt_s;
  // Until a picture is shown all pixels have their mean, so that probes see about the events of a digit.
  d.groups.push_back(sources_of(o, "in", sources, kMeanIntensity * o.input_Hz));
  d.groups.push_back(sources_of(o, "bias", 1, o.input_Hz));
  d.groups.push_back(population(o, "hid", o.hidden, kMnistHiddenBursts));
  d.groups.push_back(population(o, "out", kDigits * o.per_class, o.output_burst_probability));
  const auto forward = [&](const char* from, const char* to, double sd, double eta, bool plastic,
                           double maximum_Hz, std::optional<double> known) {
    Connection c{.name = std::string(from) + "->" + to,
                 .source = from,
                 .target = to,
                 .receptor = Receptor::soma_excitatory,
                 .reads = Reads::events,
                 .delay_steps = 0,
                 .topology = AllToAll{},
                 .weight_sd = sd};
    if (plastic) {
      c.rule = BurstRule{.eta = eta,
                         .pre_tau_s = tau_s,
                         .minimum_rate_Hz = 0,
                         .maximum_rate_Hz = maximum_Hz,
                         .w_min = -kWeightLimit,
                         .w_max = kWeightLimit,
                         .fixed_burst_probability = known};
    }
    d.connections.push_back(c);
  };
  const double into_hidden =
      o.initial_gain * slope_mV /
      (o.input_Hz * tau_s * std::sqrt(kMeanSquareIntensity * static_cast<double>(sources)));
  const double into_output =
      kInitialOutputGain * slope_mV / (kMnistReference_Hz * tau_s * std::sqrt(static_cast<double>(o.hidden)));
  constexpr double kUnbounded = std::numeric_limits<double>::infinity();
  const auto known = o.feedback == MnistFeedback::bursts ? std::nullopt : std::optional(kMnistHiddenBursts);
  forward("in", "hid", into_hidden, o.hidden_eta, o.hidden_plasticity, o.hidden_max_Hz, known);
  forward("bias", "hid", 0, o.hidden_eta, o.hidden_plasticity, o.hidden_max_Hz, known);
  forward("hid", "out", into_output, o.output_eta, true, kUnbounded, o.output_burst_probability);
  forward("bias", "out", 0, o.output_eta, true, kUnbounded, o.output_burst_probability);
  const double back = o.feedback_gain * dendrite_slope_mV /
                      (kMnistReference_Hz * tau_s * std::sqrt(static_cast<double>(o.per_class)));
  const auto backward = [&](const char* name, Receptor receptor, Reads reads) -> Connection& {
    d.connections.push_back({.name = name,
                             .source = "out",
                             .target = "hid",
                             .receptor = receptor,
                             .reads = reads,
                             .delay_steps = 0,
                             .topology = AllToAll{}});
    return d.connections.back();
  };
  if (o.feedback != MnistFeedback::cut) {
    Connection& bursts = backward("out->hid bursts", Receptor::dendrite_excitatory, Reads::bursts);
    bursts.weight_sd = back;
    if (o.feedback == MnistFeedback::learned)
      bursts.follow = FollowRule{.of = "hid->out", .scale = o.feedback_follow};
  }
  if (takes_off_expected(o)) {
    backward("out->hid events", Receptor::dendrite_inhibitory, Reads::events).view =
        WeightView{.of = "out->hid bursts", .scale = o.output_burst_probability, .transposed = false};
  }
  return d;
}

std::size_t mnist_sources(const MnistOptions& o, std::size_t side) {
  if (o.pooling == 0 || side % o.pooling != 0) {
    throw ConfigError(fmt::format("pooling is {}; expected a divisor of the pictures' {} pixels per side",
                                  o.pooling, side));
  }
  return (side / o.pooling) * (side / o.pooling);
}

}  // namespace apical::payeur2021
