// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/spiking_ingredients.h"

#include <algorithm>

#include "apical/analysis/spiking_circuit_ingredients.h"

namespace apical {

std::vector<Ingredient> ingredients(const SpikingCircuit& circuit, const Course& course) {
  bool only_taught = false, plastic_untaught = false;
  for (const course::Stage& s : course.stages) {
    for (const course::Phase& p : s.phases) (p.taught ? only_taught : plastic_untaught) |= p.plastic;
  }
  const bool phases = only_taught && !plastic_untaught, taught = course.teacher.has_value();
  std::vector<Ingredient> out = ingredients(circuit);
  const auto after =
      std::find_if(out.begin(), out.end(), [](const Ingredient& i) { return i.name == "signed signals"; });
  out.insert(after, {"separate phases", phases,
                     phases ? "plasticity is on while the teacher acts only"
                            : "plasticity, where there is any, does not wait for a teacher"});
  out.push_back({"target", taught,
                 taught ? "a current into each output dendrite, computed from that neuron's own event rate"
                        : "nothing is taught"});
  return out;
}

}  // namespace apical
