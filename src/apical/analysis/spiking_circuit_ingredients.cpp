// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/spiking_circuit_ingredients.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apical/analysis/needed_for.h"
#include "apical/core/error.h"

namespace apical {
namespace {

using namespace spike;
using Names = std::vector<std::string>;

Ingredient weight_transport(const SpikingCircuit& d) {
  Names exact;
  for (const Connection& c : d.connections) {
    if (c.view && c.view->transposed) exact.push_back(fmt::format("{} (of {})", c.name, c.view->of));
  }
  return needed_for("weight transport", exact, "exact transposes: {}",
                    "no projection reads the weights of one that runs the other way");
}

Ingredient shared_weights(const SpikingCircuit& d) {
  Names copies;
  for (const Connection& c : d.connections) {
    if (c.view && !c.view->transposed)
      copies.push_back(fmt::format("{} ({:g} times {})", c.name, c.view->scale, c.view->of));
  }
  return needed_for("shared weights", copies, "{}",
                    "no projection copies weights of another, beyond transposes");
}

Ingredient mirrored_updates(const SpikingCircuit& d) {
  Names followers;
  for (const Connection& c : d.connections) {
    if (c.follow) followers.push_back(fmt::format("{} (as {})", c.name, c.follow->of));
  }
  return needed_for("mirrored updates", followers, "two synapses see the same signals and change alike: {}",
                    "every rule acts on its own synapse alone");
}

bool excites(Receptor r) { return r == Receptor::soma_excitatory || r == Receptor::dendrite_excitatory; }

/// Whether weights below 0 can be, at the start or by learning, and weights above it.
struct Signs {
  bool negative = false, positive = false;
};

Signs signs_of(const SpikingCircuit& d, const Connection& c) {
  if (c.view) {
    const Signs of = signs_of(d, d.connections[connection_index(d, c.view->of)]);
    if (c.view->scale == 0) return {};
    return c.view->scale > 0 ? of : Signs{of.positive, of.negative};
  }
  Signs s{c.weight<0, c.weight> 0};
  if (const auto* listed = std::get_if<ListedPairs>(&c.topology); listed && !listed->weights.empty()) {
    s = {};
    for (const double w : listed->weights) (w < 0 ? s.negative : s.positive) |= w != 0;
  }
  if (c.rule) {  // bounds hold from the start
    if (c.weight_sd > 0 || c.rule->eta != 0) return {c.rule->w_min<0, c.rule->w_max> 0};
    return s;
  }
  if (c.weight_sd > 0 || c.follow) return {true, true};
  return s;
}

/// Populations whose cells both excite and inhibit (Dale's principle says that they do not).
Ingredient mixed_signs(const SpikingCircuit& d) {
  Names both;
  for (const NeuronGroup& g : d.groups) {
    bool excite = false, inhibit = false;
    for (const Connection& c : d.connections) {
      if (c.source != g.name) continue;
      const Signs s = signs_of(d, c);
      const bool upright = excites(c.receptor);
      excite |= upright ? s.positive : s.negative;
      inhibit |= upright ? s.negative : s.positive;
    }
    if (excite && inhibit) both.push_back(g.name);
  }
  return needed_for("mixed signs", both, "excite and inhibit at once (against Dale's law): {}",
                    "each population's synapses have one sign, and keep it");
}

/// One axon, but synapses that pass on events and bursts apart; short-term plasticity does so roughly.
Ingredient separate_pathways(const SpikingCircuit& d) {
  Names events, bursts;
  for (const Connection& c : d.connections) {
    if (std::holds_alternative<PoissonSource>(d.groups[group_index(d, c.source)].model)) continue;
    if (c.reads == Reads::events) events.push_back(c.name);
    if (c.reads == Reads::bursts) bursts.push_back(c.name);
  }
  std::string reason;
  if (!events.empty()) reason = "only events pass " + join_names(events);
  if (!bursts.empty())
    reason += (reason.empty() ? "only bursts pass " : "; only bursts pass ") + join_names(bursts);
  const bool sorted = std::any_of(d.connections.begin(), d.connections.end(),
                                  [](const Connection& c) { return c.short_term.has_value(); });
  if (reason.empty())
    return {"separate pathways", false,
            sorted ? "every spike is transmitted; short-term plasticity prefers events or bursts"
                   : "every spike is transmitted"};
  return {"separate pathways", true, reason};
}

Ingredient known_burst_probability(const SpikingCircuit& d) {
  Names known;
  for (const Connection& c : d.connections) {
    if (c.rule && c.rule->fixed_burst_probability)
      known.push_back(fmt::format("{} ({:g})", c.name, *c.rule->fixed_burst_probability));
  }
  return needed_for("known burst probability", known, "given to the rule, not estimated by the neuron: {}",
                    "rules compare bursts with each neuron's own moving average, if with anything");
}

Ingredient one_to_one_wiring(const SpikingCircuit& d) {
  Names pairs;
  for (const Connection& c : d.connections) {
    const bool many = d.groups[group_index(d, c.source)].size > 1;
    if (many && std::holds_alternative<OneToOne>(c.topology)) pairs.push_back(c.name);
  }
  return needed_for("one-to-one wiring", pairs, "each neuron has its partner: {}",
                    "no projection pairs neurons");
}

/// A single neuron that reaches several populations; a source that is always on (a bias) says nothing.
Ingredient global_signal(const SpikingCircuit& d) {
  Names because;
  for (const NeuronGroup& g : d.groups) {
    if (g.size != 1 || std::holds_alternative<PoissonSource>(g.model)) continue;
    std::set<std::string> targets;
    for (const Connection& c : d.connections) {
      if (c.source == g.name && c.target != g.name) targets.insert(c.target);
    }
    if (targets.size() > 1) because.push_back(fmt::format("{} (to {} populations)", g.name, targets.size()));
  }
  return needed_for("global signal", because, "one cell is broadcast: {}",
                    "no single cell reaches several populations");
}

}  // namespace

std::vector<Ingredient> ingredients(const SpikingCircuit& d) {
  return {weight_transport(d),
          shared_weights(d),
          mirrored_updates(d),
          {"signed signals", false, "cells send spikes; credit is more or fewer bursts than usual"},
          mixed_signs(d),
          separate_pathways(d),
          known_burst_probability(d),
          global_signal(d),
          one_to_one_wiring(d)};
}

}  // namespace apical
