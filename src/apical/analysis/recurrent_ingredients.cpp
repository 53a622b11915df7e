// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/recurrent_ingredients.h"

namespace apical {

std::vector<Ingredient> ingredients(const models::RecurrentNetwork& network) {
  const auto& [input, recurrent, readout] = network.rates;
  recurrent::RecurrentNeeds n;
  if (input > 0 || recurrent > 0) {
    n = recurrent::needs_of(network.rule, network.spiking());
  } else {
    n.non_local_reason = "the readout alone learns, from its own errors";
    n.memory = "nothing is remembered";
  }
  return {
      {"weight transport", n.weight_transport,
       n.weight_transport ? "the rule reads weights, those of the readout at least, elsewhere than at their "
                            "own synapses"
                          : "every weight is read at its own synapse; feedback, if there is any, has weights "
                            "of its own"},
      {"separate phases", n.backwards,
       n.backwards ? "a sample runs first; then its steps are gone through again, from the last to the first"
                   : "credit is gathered while a sample runs"},
      {"signed signals", n.signed_errors,
       n.signed_errors ? "errors of both signs travel from the readout to the units"
                       : "no unit hears an error: the readout's own stay there"},
      {"non-local terms", n.non_local, n.non_local_reason},
      {"global signal", n.global_signal,
       n.global_signal ? "numbers of the whole network reach all synapses" : "no scalar is broadcast"},
      {"memory beyond a trace", n.more_than_a_trace, n.memory},
  };
}

}  // namespace apical
