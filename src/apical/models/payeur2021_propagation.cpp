// SPDX-License-Identifier: Apache-2.0
#include "apical/models/payeur2021_propagation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "apical/core/error.h"

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
double mean_efficacy(const ShortTermParameters& p, FacilitationJump jump, double dt_s) {
  constexpr double kRate_Hz = 6.8;
  ShortTermState state{.x = 1, .u = p.u_rest, .last = 0};
  double efficacy = 0;
  for (int i = 0; i < 200; ++i) {
    efficacy = state.transmit(p, jump, dt_s, std::llround(i / (kRate_Hz * dt_s)));
  }
  return efficacy;
}

Drive with_sine(const Drive& base, double amplitude_A, double period_s, double start_s) {
  return {base.constant_A, amplitude_A, period_s, start_s};
}

PropagationSeries record(Network<float>& net, const std::vector<std::size_t>& areas,
                         const PropagationOptions& o, const WatchedAdvance& advance) {
  PropagationSeries out;
  const auto bins = static_cast<int>(std::lround(o.duration_s / o.bin_s));
  for (int bin = 0; bin < bins; ++bin) {
    net.reset_counts();
    advance_watched(net, o.bin_s, advance);
    for (std::size_t a = 0; a < areas.size(); ++a) {
      const Counts c = net.counts(areas[a]);
      const double per_Hz = o.bin_s * static_cast<double>(net.description().groups[areas[a]].size);
      out.event_Hz[a].push_back(static_cast<double>(c.events) / per_Hz);
      out.burst_Hz[a].push_back(static_cast<double>(c.bursts) / per_Hz);
    }
    const double t = (bin + 1) * o.bin_s;
    out.soma_drive_A.push_back(o.soma_amplitude_A * std::sin(2 * std::numbers::pi * t / o.soma_period_s));
    out.dendrite_drive_A.push_back(o.dendrite_amplitude_A *
                                   std::sin(2 * std::numbers::pi * t / o.dendrite_period_s));
  }
  return out;
}

void start_drives(Network<float>& net, std::size_t soma_group, std::size_t dendrite_group,
                  const PropagationOptions& o) {
  const double now = static_cast<double>(net.step()) * net.description().dt_s;
  const auto& groups = net.description().groups;
  net.set_drive(soma_group, CurrentTarget::soma,
                with_sine(groups[soma_group].soma_current, o.soma_amplitude_A, o.soma_period_s, now));
  net.set_drive(
      dendrite_group, CurrentTarget::dendrite,
      with_sine(groups[dendrite_group].dendrite_current, o.dendrite_amplitude_A, o.dendrite_period_s, now));
}

}  // namespace

SpikingCircuit propagation_network(const PropagationOptions& o) {
  SpikingCircuit d;
  d.quirks = o.quirks;
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
  return d;
}

SpikingCircuit multiplexing_population(const PropagationOptions& o) {
  SpikingCircuit d;
  d.quirks = o.quirks;
  d.groups = {pyramidal("pyr1", o.pyramidal, 0, 50e-12)};
  add_pyramidal_noise(d, "pyr1");
  return d;
}

std::vector<double> PropagationSeries::burst_probability(std::size_t area) const {
  std::vector<double> out(event_Hz[area].size());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = event_Hz[area][i] > 0 ? burst_Hz[area][i] / event_Hz[area][i]
                                   : std::numeric_limits<double>::quiet_NaN();
  return out;
}

PropagationSeries run_propagation(const PropagationOptions& o, std::uint64_t seed, ThreadPool* pool,
                                  const WatchedAdvance& advance) {
  Network<float> net(propagation_network(o), seed, pool);
  advance_watched(net, o.burn_in_s, advance);
  start_drives(net, net.group("pyr1"), net.group("pyr2"), o);
  return record(net, {net.group("pyr1"), net.group("pyr2")}, o, advance);
}

PropagationSeries run_multiplexing(const PropagationOptions& o, std::uint64_t seed, ThreadPool* pool,
                                   const WatchedAdvance& advance) {
  Network<float> net(multiplexing_population(o), seed, pool);
  advance_watched(net, o.burn_in_s, advance);
  start_drives(net, 0, 0, o);
  return record(net, {0}, o, advance);
}

double mean_of_bins(const std::vector<double>& x) {
  double sum = 0, bins = 0;
  for (const double v : x) {
    if (std::isnan(v)) continue;
    sum += v;
    ++bins;
  }
  return sum / bins;
}

double correlation(const std::vector<double>& all_a, const std::vector<double>& all_b) {
  APICAL_CHECK(all_a.size() == all_b.size());
  std::vector<double> a, b;
  for (std::size_t i = 0; i < all_a.size(); ++i) {
    if (std::isnan(all_a[i]) || std::isnan(all_b[i])) continue;
    a.push_back(all_a[i]);
    b.push_back(all_b[i]);
  }
  const double ma = mean_of_bins(a), mb = mean_of_bins(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

}  // namespace apical::payeur2021
