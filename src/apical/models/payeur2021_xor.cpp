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
  for (const char* name : {"in1", "in2", "hid1", "hid2", "out"}) {
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
  apply(o.quirks, d);
  return d;
}

}  // namespace apical::payeur2021
