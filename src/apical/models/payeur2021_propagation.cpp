// SPDX-License-Identifier: Apache-2.0
#include "apical/models/payeur2021_propagation.h"

#include <cmath>
#include <optional>

#include "apical/engine/spike/short_term.h"

namespace apical::payeur2021 {
namespace {

using namespace apical::spike;

NeuronGroup pyramidal(const std::string& name, std::size_t size, double soma_A, double dendrite_A) {
  NeuronGroup g{.name = name, .size = size, .model = TwoCompartment{}, .initial_voltage_sd_V = 5e-3};
  g.soma_current.constant_A = soma_A;
  g.dendrite_current.constant_A = dendrite_A;
  return g;
}

void add_noise(SpikingCircuit& d, const std::string& target, Receptor receptor, double weight) {
  d.background.push_back({target, receptor, 500, weight});
}

void add_pyramidal_noise(SpikingCircuit& d, const std::string& target) {
  add_noise(d, target, Receptor::soma_excitatory, 0.35);
  add_noise(d, target, Receptor::soma_inhibitory, 0.35);
  add_noise(d, target, Receptor::dendrite_excitatory, 0.05);
  add_noise(d, target, Receptor::dendrite_inhibitory, 0.05);
}

/// Efficacy a regular train settles to, here at the populations' mean rate of spikes.
double mean_efficacy(ShortTermParameters p, FacilitationJump jump, double dt_s) {
  p.jump = jump;
  constexpr double kRate_Hz = 6.8;
  ShortTermState state{.x = 1, .u = p.u_rest, .last = 0};
  double efficacy = 0;
  for (int i = 0; i < 200; ++i) {
    efficacy = state.transmit(p, dt_s, std::llround(i / (kRate_Hz * dt_s)));
  }
  return efficacy;
}

}  // namespace

SpikingCircuit propagation_network(const PropagationOptions& o) {
  SpikingCircuit d;
  d.groups = {pyramidal("pyr1", o.pyramidal, 0, 50e-12), pyramidal("pyr2", o.pyramidal, -100e-12, 100e-12)};
  NeuronGroup pv{.name = "pv",
                 .size = o.interneurons,
                 .model = ExponentialIf::parvalbumin(),
                 .initial_voltage_sd_V = 5e-3};
  pv.soma_current.constant_A = 205e-12;
  d.groups.push_back(pv);
  d.groups.push_back({.name = "som",
                      .size = o.interneurons,
                      .model = ExponentialIf::somatostatin(),
                      .initial_voltage_sd_V = 5e-3});
  add_pyramidal_noise(d, "pyr1");
  add_pyramidal_noise(d, "pyr2");
  add_noise(d, "pv", Receptor::soma_excitatory, 0.75);
  add_noise(d, "pv", Receptor::soma_inhibitory, 1.125);
  add_noise(d, "som", Receptor::soma_excitatory, 0.4);
  add_noise(d, "som", Receptor::soma_inhibitory, 0.5);

  const ShortTermParameters depressing = ShortTermParameters::depressing(),
                            facilitating = ShortTermParameters::facilitating();
  const auto connect = [&](const std::string& from, const std::string& to, Receptor receptor, double weight,
                           const std::optional<ShortTermParameters>& dynamics_of_synapse) {
    Connection c{.name = from + "->" + to,
                 .source = from,
                 .target = to,
                 .receptor = receptor,
                 .topology = RandomPairs{.probability = o.in_degree_fraction},
                 .weight = weight};
    if (dynamics_of_synapse && o.short_term == ShortTerm::none) {
      c.weight *= mean_efficacy(*dynamics_of_synapse, o.quirks.facilitation_jump, d.dt_s);
    } else {
      c.short_term = dynamics_of_synapse;
    }
    d.connections.push_back(c);
  };
  connect("pyr1", "pyr2", Receptor::soma_excitatory, 0.05, depressing);
  connect("pyr1", "pv", Receptor::soma_excitatory, 0.05, depressing);
  connect("pv", "pyr2", Receptor::soma_inhibitory, 0.07, {});
  connect("pyr2", "pyr1", Receptor::dendrite_excitatory, 0.37, facilitating);
  connect("pyr2", "som", Receptor::soma_excitatory, 0.3, facilitating);
  connect("som", "pyr1", Receptor::dendrite_inhibitory, 0.035, {});
  // Stands for a loop through dendrite-targeting interneurons within the area.
  connect("pyr1", "pyr1", Receptor::dendrite_inhibitory, 0.1, facilitating);
  connect("pyr2", "pyr2", Receptor::dendrite_inhibitory, 0.1, facilitating);
  apply(o.quirks, d);
  return d;
}

SpikingCircuit multiplexing_population(const PropagationOptions& o) {
  SpikingCircuit d;
  d.groups = {pyramidal("pyr1", o.pyramidal, 0, 50e-12)};
  add_pyramidal_noise(d, "pyr1");
  apply(o.quirks, d);
  return d;
}

}  // namespace apical::payeur2021
