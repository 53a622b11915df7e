// SPDX-License-Identifier: Apache-2.0
#include "apical/models/payeur2021_xor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apical/core/error.h"

namespace apical::payeur2021 {
namespace {

using namespace apical::spike;

constexpr double kForwardExcitation = 1.3 * 0.18, kForwardInhibition = 2.5 * 0.1;

SpikingCircuit with_populations(const XorOptions& o) {
  SpikingCircuit d;
  d.quirks = o.quirks;
  for (const char* name : kXorGroups) {
    NeuronGroup g{.name = name, .size = o.neurons, .model = BurstPoisson{}, .initial_voltage_sd_V = 5e-3};
    g.estimator.alpha_s = o.alpha_s;
    if (g.name == "out") g.dendrite_current.constant_A = 400e-12;
    // Balances the net inhibitory feedback, where the second hidden population gets it.
    if (g.name == "hid2" && o.feedback == XorFeedback::asymmetric) g.dendrite_current.constant_A = 500e-12;
    d.groups.push_back(g);
    const bool input = g.name.starts_with("in"), hidden = g.name.starts_with("hid");
    const double soma_Hz = input ? 500 : 150;
    d.background.push_back({g.name, Receptor::soma_excitatory, soma_Hz, hidden ? 0.385 : 0.35});
    d.background.push_back({g.name, Receptor::soma_inhibitory, soma_Hz, hidden ? 0.49 : 0.35});
    d.background.push_back({g.name, Receptor::dendrite_excitatory, 500, 0.05});
    d.background.push_back({g.name, Receptor::dendrite_inhibitory, 500, 0.05});
  }
  return d;
}

}  // namespace

void XorOptions::use(XorFeedback kind) {
  feedback = kind;
  const double factor = kind == XorFeedback::symmetric ? 0.5 : 1;
  hidden_eta = factor * XorOptions{}.hidden_eta;
  output_eta = factor * XorOptions{}.output_eta;
}

SpikingCircuit xor_network(const XorOptions& o) {
  if (o.neurons == 0 || o.in_degree <= 0 || o.in_degree > static_cast<double>(o.neurons)) {
    throw ConfigError(fmt::format("XOR network: {} inputs per neuron from populations of {} neurons",
                                  o.in_degree, o.neurons));
  }
  SpikingCircuit d = with_populations(o);
  const RandomPairs sparse{.probability = o.in_degree / static_cast<double>(o.neurons)};
  const auto forward = [&](const std::string& from, const std::string& to, double eta, bool plastic) {
    Connection exc{.name = from + "->" + to + " exc",
                   .source = from,
                   .target = to,
                   .receptor = Receptor::soma_excitatory,
                   .reads = Reads::events,
                   .delay_steps = 0,
                   .topology = sparse,
                   .weight = kForwardExcitation};
    if (plastic)
      exc.rule = BurstRule{
          .eta = eta, .pre_tau_s = 0.1, .minimum_rate_Hz = o.e_min_Hz, .maximum_rate_Hz = o.e_max_Hz};
    d.connections.push_back(exc);
    d.connections.push_back({.name = from + "->" + to + " inh",
                             .source = from,
                             .target = to,
                             .receptor = Receptor::soma_inhibitory,
                             .reads = Reads::events,
                             .delay_steps = 0,
                             .topology = sparse,
                             .weight = kForwardInhibition});
  };
  const auto backward = [&](const std::string& to, double exc, double inh) {
    for (const bool excitatory : {true, false}) {
      d.connections.push_back(
          {.name = "out->" + to + (excitatory ? " exc" : " inh"),
           .source = "out",
           .target = to,
           .receptor = excitatory ? Receptor::dendrite_excitatory : Receptor::dendrite_inhibitory,
           .reads = Reads::bursts,
           .delay_steps = 0,
           .topology = sparse,
           .weight = excitatory ? exc : inh});
    }
  };
  for (const char* in : {"in1", "in2"}) {
    for (const char* hid : {"hid1", "hid2"}) forward(in, hid, o.hidden_eta, o.hidden_plasticity);
  }
  for (const char* hid : {"hid1", "hid2"}) forward(hid, "out", o.output_eta, true);
  if (o.feedback != XorFeedback::cut) {
    backward("hid1", 0.26, 0.06);
    const bool symmetric = o.feedback == XorFeedback::symmetric;
    backward("hid2", symmetric ? 0.26 : 0.026, symmetric ? 0.06 : 0.27);
  }
  return d;
}

double xor_teacher_A(bool target, double rate_Hz, const XorOptions& o) {
  const double high = o.e_max_Hz - 1, low = o.e_min_Hz + 1;
  if (target) {
    if (rate_Hz <= low) return o.teacher_A;
    return rate_Hz >= high ? 0 : o.teacher_A / (rate_Hz - o.e_min_Hz);
  }
  if (rate_Hz >= high) return -o.teacher_A;
  return rate_Hz <= low ? 0 : -o.teacher_A / (o.e_max_Hz - rate_Hz);
}

double xor_cost(bool target, double mean_rate_Hz, const XorOptions& o) {
  const double y = std::clamp((mean_rate_Hz - o.e_min_Hz) / (o.e_max_Hz - o.e_min_Hz), 0.01, 0.99);
  return target ? -std::log(y) : -std::log(1 - y);
}

double XorResult::cost(std::size_t epoch) const {
  double sum = 0;
  for (const XorExample& e : epochs.at(epoch)) sum += e.cost;
  return sum;
}

int patterns_correct(const std::array<XorResponse, 4>& responses, const XorOptions& o) {
  int correct = 0;
  for (std::size_t i = 0; i < responses.size(); ++i) {
    const bool high = responses[i].output_Hz() > 0.5 * (o.e_min_Hz + o.e_max_Hz);
    correct += high == kXorPatterns[i].target();
  }
  return correct;
}

XorTask::XorTask(const XorOptions& options, std::uint64_t seed, ThreadPool* pool, WatchedAdvance advance)
    : options_(options), network_(xor_network(options), seed, pool), advance_(std::move(advance)) {}

void XorTask::set_input(const XorPattern& p) {
  network_.set_drive(0, CurrentTarget::soma,
                     {.constant_A = p.first ? options_.input_on_A : options_.input_off_A});
  network_.set_drive(1, CurrentTarget::soma,
                     {.constant_A = p.second ? options_.input_on_A : options_.input_off_A});
}

void XorTask::remove_input() {
  for (const std::size_t g : {0, 1}) network_.set_drive(g, CurrentTarget::soma, {});
}

XorResponse XorTask::present(double seconds) {
  network_.reset_counts();
  advance_watched(network_, seconds, advance_);
  XorResponse r;
  for (std::size_t g = 0; g < kXorGroups.size(); ++g) {
    const Counts c = network_.counts(g);
    const double per_Hz = seconds * static_cast<double>(options_.neurons);
    r.event_Hz[g] = static_cast<double>(c.events) / per_Hz;
    r.burst_Hz[g] = static_cast<double>(c.bursts) / per_Hz;
  }
  return r;
}

void XorTask::burn_in() {
  network_.set_plasticity(false);
  remove_input();
  present(3 * options_.alpha_s);
}

std::array<XorResponse, 4> XorTask::test() {
  std::array<XorResponse, 4> out;
  network_.set_plasticity(false);
  for (std::size_t i = 0; i < 4; ++i) {
    set_input(kXorPatterns[i]);
    present(0.5 * options_.example_s);
    out[i] = present(0.5 * options_.example_s);
  }
  return out;
}

void XorTask::teach(bool target, std::span<const double> rates_Hz) {
  std::vector<double> currents(rates_Hz.size());
  std::transform(rates_Hz.begin(), rates_Hz.end(), currents.begin(),
                 [&](double r) { return xor_teacher_A(target, r, options_); });
  network_.set_currents(4, CurrentTarget::dendrite, currents);
}

std::array<XorExample, 4> XorTask::train_epoch() {
  std::array<XorExample, 4> out;
  for (std::size_t i = 0; i < 4; ++i) {
    set_input(kXorPatterns[i]);
    network_.set_plasticity(false);
    present(0.45 * options_.example_s);
    out[i].prediction = present(0.45 * options_.example_s);
    const std::vector<double> rates = network_.event_rates(4);
    const double mean = std::accumulate(rates.begin(), rates.end(), 0.0) / static_cast<double>(rates.size());
    out[i].cost = xor_cost(kXorPatterns[i].target(), mean, options_);
    teach(kXorPatterns[i].target(), rates);
    network_.set_plasticity(true);
    out[i].teaching = present(0.1 * options_.example_s);
    network_.set_plasticity(false);
    network_.set_currents(4, CurrentTarget::dendrite, {});
  }
  return out;
}

XorResult run_xor(const XorOptions& options, int epochs, std::uint64_t seed, ThreadPool* pool,
                  const std::function<bool(int, const std::array<XorExample, 4>&)>& after_epoch) {
  XorTask task(options, seed, pool);
  XorResult result;
  task.burn_in();
  result.untrained = task.test();
  for (int epoch = 0; epoch < epochs; ++epoch) {
    result.epochs.push_back(task.train_epoch());
    if (after_epoch && !after_epoch(epoch, result.epochs.back())) break;
  }
  result.trained = task.test();
  return result;
}

}  // namespace apical::payeur2021
