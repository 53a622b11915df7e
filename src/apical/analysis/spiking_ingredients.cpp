// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/spiking_ingredients.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apical/core/error.h"

namespace apical {
namespace {

using namespace spike;

bool excites(Receptor r) { return r == Receptor::soma_excitatory || r == Receptor::dendrite_excitatory; }

/// Populations whose cells both excite and inhibit (Dale's principle says that they do not).
std::vector<std::string> of_both_signs(const SpikingCircuit& d) {
  std::vector<std::string> out;
  for (const NeuronGroup& g : d.groups) {
    std::set<bool> signs;
    for (const Connection& c : d.connections) {
      if (c.source != g.name) continue;
      signs.insert(excites(c.receptor));
      if (c.weight_sd > 0 || (c.rule && c.rule->w_min < 0)) signs.insert(!excites(c.receptor));
    }
    if (signs.size() == 2) out.push_back(g.name);
  }
  return out;
}

std::vector<std::string> one_to_one(const SpikingCircuit& d) {
  std::vector<std::string> out;
  for (const Connection& c : d.connections) {
    if (std::holds_alternative<OneToOne>(c.topology)) out.push_back(c.name);
  }
  return out;
}

}  // namespace

std::vector<Ingredient> ingredients(const models::SpikingOptions& options) {
  const auto network = models::network_of(options);
  const bool xor_task = std::holds_alternative<payeur2021::XorOptions>(options),
             task = xor_task || std::holds_alternative<payeur2021::MnistOptions>(options);
  std::vector<Ingredient> out;
  out.push_back({"weight transport", false,
                 network ? "every projection is wired and weighted on its own" : "one synapse"});
  out.push_back({"separate phases", task,
                 xor_task ? "plasticity is on in the last tenth of each example only, while the teacher acts"
                 : task   ? "plasticity is on while the teacher acts only"
                          : "plasticity, where there is any, goes on all the time"});
  out.push_back({"signed signals", false, "cells send spikes; credit is more or fewer bursts than usual"});
  if (network) {
    const auto mixed = of_both_signs(*network), single = one_to_one(*network);
    out.push_back({"mixed signs", !mixed.empty(),
                   mixed.empty() ? "every population either excites or inhibits"
                                 : fmt::format("cells of {} excite and inhibit", join_names(mixed))});
    out.push_back({"one-to-one wiring", !single.empty(),
                   single.empty() ? "projections are random" : join_names(single)});
  }
  out.push_back({"global signal", false, "no scalar is broadcast"});
  out.push_back({"target", task,
                 task ? "a current into each output dendrite, computed from that neuron's own event rate"
                      : "nothing is taught"});
  return out;
}

}  // namespace apical
