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

/// What takes a dendrite from rest to a burst probability.
double current_for(double probability) {
  const EscapeBurst n;
  return (n.dendrite_midpoint_V - n.rest_V + n.dendrite_slope_V * std::log(probability / (1 - probability))) /
         n.dendrite_resistance_ohm;
}

NeuronGroup population(const MnistOptions& o, const char* name, std::size_t size, double burst_probability) {
  NeuronGroup g{.name = name, .size = size, .model = neuron(o)};
  g.estimator.alpha_s = o.alpha_s;
  g.dendrite_current.constant_A = current_for(burst_probability);
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

std::vector<double> pooled(std::span<const double> pixels, std::size_t side, std::size_t pooling) {
  APICAL_CHECK(pixels.size() == side * side && side % pooling == 0);
  const std::size_t squares = side / pooling;
  std::vector<double> out(squares * squares, 0.0);
  for (std::size_t y = 0; y < side; ++y) {
    for (std::size_t x = 0; x < side; ++x) out[y / pooling * squares + x / pooling] += pixels[y * side + x];
  }
  for (double& v : out) v /= static_cast<double>(pooling * pooling);
  return out;
}

double mnist_teacher_A(bool target, double rate_Hz, const MnistOptions& o) {
  constexpr double kLeast = 0.01;  // a dendrite cannot be taken further
  const double wanted = target ? o.e_max_Hz : o.e_min_Hz;
  const double p = o.output_burst_probability * (1 + (wanted - rate_Hz) / std::max(rate_Hz, o.e_min_Hz));
  return current_for(std::clamp(p, kLeast, 1 - kLeast)) - current_for(o.output_burst_probability);
}

MnistNetwork::MnistNetwork(const MnistOptions& options, std::size_t sources, std::uint64_t seed,
                           ThreadPool* pool, WatchedAdvance advance)
    : options_(options), network_(mnist_network(options, sources), seed, pool), advance_(std::move(advance)) {
  hid_ = network_.group("hid");
  out_ = network_.group("out");
}

void MnistNetwork::run(double seconds) {
  network_.reset_counts();
  advance_watched(network_, seconds, advance_);
  counted_s_ = seconds;
}

MnistAnswer MnistNetwork::predict(std::span<const double> intensities, std::size_t label) {
  std::vector<double> rates(intensities.begin(), intensities.end());
  for (double& r : rates) r *= options_.input_Hz;
  network_.set_rates(0, rates);
  network_.set_plasticity(false);
  run(options_.settle_s);
  run(options_.prediction_s - options_.settle_s);
  MnistAnswer a{std::vector<double>(kDigits, 0.0)};
  const std::vector<std::uint32_t> events = network_.event_counts(out_);
  for (std::size_t i = 0; i < events.size(); ++i)
    a.class_Hz[i / options_.per_class] += events[i] / (counted_s_ * static_cast<double>(options_.per_class));
  a.digit =
      static_cast<std::size_t>(std::max_element(a.class_Hz.begin(), a.class_Hz.end()) - a.class_Hz.begin());
  for (std::size_t c = 0; c < kDigits; ++c) {
    const double off = (a.class_Hz[c] - (c == label ? options_.e_max_Hz : options_.e_min_Hz)) /
                       (options_.e_max_Hz - options_.e_min_Hz);
    a.cost += off * off / kDigits;
  }
  return a;
}

MnistAnswer MnistNetwork::learn(std::span<const double> intensities, std::size_t label, double factor) {
  APICAL_CHECK(label < kDigits);
  const MnistAnswer a = predict(intensities, label);
  const std::vector<std::uint32_t> events = network_.event_counts(out_);
  std::vector<double> currents(events.size());
  for (std::size_t i = 0; i < events.size(); ++i)
    currents[i] = mnist_teacher_A(i / options_.per_class == label, events[i] / counted_s_, options_);
  network_.set_currents(out_, CurrentTarget::dendrite, currents);
  for (const char* into : {"hid", "out"}) {
    const bool hidden = std::string(into) == "hid";
    if (hidden && !options_.hidden_plasticity) continue;
    for (const char* from : {hidden ? "in" : "hid", "bias"}) {
      network_.set_learning_rate(network_.connection(std::string(from) + "->" + into),
                                 factor * (hidden ? options_.hidden_eta : options_.output_eta));
    }
  }
  network_.set_plasticity(true);
  run(options_.teaching_s);
  network_.set_plasticity(false);
  network_.set_currents(out_, CurrentTarget::dendrite, {});
  return a;
}

double MnistNetwork::hidden_Hz() const {
  return static_cast<double>(network_.counts(hid_).events) /
         (counted_s_ * static_cast<double>(options_.hidden));
}

double MnistNetwork::hidden_burst_probability() const {
  const Counts c = network_.counts(hid_);
  return c.events > 0 ? static_cast<double>(c.bursts) / static_cast<double>(c.events) : 0;
}

double MnistNetwork::root_mean_square_weight_mV(const char* connection) const {
  const std::vector<double> w = network_.weights(network_.connection(connection));
  return std::sqrt(std::inner_product(w.begin(), w.end(), w.begin(), 0.0) / static_cast<double>(w.size()));
}

}  // namespace apical::payeur2021
