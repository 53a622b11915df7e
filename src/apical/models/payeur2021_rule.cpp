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
  apply(o.quirks, d);
  return d;
}

}  // namespace apical::payeur2021
