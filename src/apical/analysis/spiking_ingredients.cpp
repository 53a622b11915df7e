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

std::vector<Ingredient> ingredients(const SpikingCircuit& circuit, const Course& course) {
  const bool network = !circuit.groups.empty();
  bool only_taught = false, plastic_untaught = false;
  for (const course::Stage& s : course.stages) {
    for (const course::Phase& p : s.phases) (p.taught ? only_taught : plastic_untaught) |= p.plastic;
  }
  const bool phases = only_taught && !plastic_untaught, taught = course.teacher.has_value();
  std::vector<Ingredient> out;
  out.push_back({"weight transport", false,
                 network ? "every projection is wired and weighted on its own" : "one synapse"});
  out.push_back({"separate phases", phases,
                 phases ? "plasticity is on while the teacher acts only"
                        : "plasticity, where there is any, does not wait for a teacher"});
  out.push_back({"signed signals", false, "cells send spikes; credit is more or fewer bursts than usual"});
  if (network) {
    const auto mixed = of_both_signs(circuit), single = one_to_one(circuit);
    out.push_back({"mixed signs", !mixed.empty(),
                   mixed.empty() ? "every population either excites or inhibits"
                                 : fmt::format("cells of {} excite and inhibit", join_names(mixed))});
    out.push_back({"one-to-one wiring", !single.empty(),
                   single.empty() ? "projections are random" : join_names(single)});
  }
  out.push_back({"global signal", false, "no scalar is broadcast"});
  out.push_back({"target", taught,
                 taught ? "a current into each output dendrite, computed from that neuron's own event rate"
                        : "nothing is taught"});
  return out;
}

}  // namespace apical
