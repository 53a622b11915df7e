// SPDX-License-Identifier: Apache-2.0
#include "apical/models/payeur2021_rule.h"

#include <cmath>

namespace apical::payeur2021 {
namespace {

using namespace apical::spike;

constexpr double kExcitatoryContacts = 100, kInhibitoryContacts = 30;  // per compartment, on average
constexpr double kDendriticBase_A = 50e-12;

}  // namespace

SpikingCircuit rule_network(const RuleNetworkOptions& o) {
  SpikingCircuit d;
  d.quirks = o.quirks;
  NeuronGroup pre{.name = "pre", .size = o.neurons, .model = TwoCompartment{}, .initial_voltage_sd_V = 5e-3};
  NeuronGroup post{
      .name = "post", .size = o.neurons, .model = TwoCompartment{}, .initial_voltage_sd_V = 5e-3};
  pre.estimator.alpha_s = post.estimator.alpha_s = o.alpha_s;
  post.dendrite_current.constant_A = kDendriticBase_A;
  d.groups = {pre,
              post,
              {.name = "exc_pool", .size = o.pool, .model = PoissonSource{5}},
              {.name = "inh_pool", .size = o.pool, .model = PoissonSource{5}},
              {.name = "dendritic_drive", .size = 100, .model = PoissonSource{1}}};
  const auto contacts = [&](const char* pool, Receptor receptor, double number, double weight) {
    d.connections.push_back(
        {.name = std::string(pool) + (receptor <= Receptor::soma_inhibitory ? "->soma" : "->dendrite"),
         .source = pool,
         .target = "pre",
         .receptor = receptor,
         .topology = RandomPairs{.probability = number / static_cast<double>(o.pool)},
         .weight = weight});
  };
  contacts("exc_pool", Receptor::soma_excitatory, kExcitatoryContacts, 0.17);
  contacts("exc_pool", Receptor::dendrite_excitatory, kExcitatoryContacts, 0.0425);
  contacts("inh_pool", Receptor::soma_inhibitory, kInhibitoryContacts, 0.26);
  contacts("inh_pool", Receptor::dendrite_inhibitory, kInhibitoryContacts, 0.065);
  d.connections.push_back({.name = "drive",
                           .source = "dendritic_drive",
                           .target = "post",
                           .receptor = Receptor::dendrite_excitatory,
                           .topology = RandomPairs{.probability = 0.2},
                           .weight = o.dendritic_weight});
  d.connections.push_back(
      {.name = "plastic",
       .source = "pre",
       .target = "post",
       .receptor = Receptor::soma_excitatory,
       .reads = Reads::events,
       .delay_steps = 0,
       .topology = RandomPairs{.probability = o.contact_probability},
       .weight = o.initial_weight,
       .rule = BurstRule{.eta = o.eta, .pre_tau_s = 0.1, .minimum_rate_Hz = 2, .maximum_rate_Hz = 12}});
  return d;
}

std::vector<RulePhase> run_rule_network(const RuleNetworkOptions& o, std::uint64_t seed, ThreadPool* pool,
                                        const WatchedAdvance& advance) {
  Network<float> net(rule_network(o), seed, pool);
  const std::size_t pre = net.group("pre"), post = net.group("post");
  const std::size_t drive = net.connection("drive"), plastic = net.connection("plastic");
  std::vector<RulePhase> out;
  const auto phase = [&](double seconds) {
    net.reset_counts();
    advance_watched(net, seconds, advance);
    const Counts a = net.counts(pre), b = net.counts(post);
    const double per_Hz = seconds * static_cast<double>(o.neurons);
    const auto ratio = [](const Counts& c) {
      return c.events ? static_cast<double>(c.bursts) / static_cast<double>(c.events) : 0;
    };
    out.push_back({net.mean_weight(plastic), static_cast<double>(a.events) / per_Hz, ratio(a),
                   static_cast<double>(b.events) / per_Hz, ratio(b)});
  };
  phase(4 * o.alpha_s);
  net.set_plasticity(true);
  for (const double factor : o.phases) {
    const double weight = factor * o.dendritic_weight;
    net.set_weights(drive, {&weight, 1});
    phase(o.phase_s);
  }
  net.set_drive(pre, CurrentTarget::dendrite, {.constant_A = o.final_presynaptic_current_A});
  phase(o.phase_s);
  return out;
}

}  // namespace apical::payeur2021
