// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/layered_ingredients.h"

namespace apical {

std::vector<Ingredient> ingredients(const models::LayeredNetwork& network) {
  const layered::Needs n = layered::make_rule<float>(network.rule, network.network, 1)->needs();
  return {
      {"weight transport", n.weight_transport,
       n.weight_transport
           ? "the rule reads forward weights, or their signs, elsewhere than at their own synapses"
           : "every weight is read at its own synapse; feedback, if there is any, has weights of its own"},
      {"separate phases", n.separate_phases,
       n.separate_phases ? "activity with and without target, error or noise is needed at different times"
                         : "one pass serves activity and credit"},
      {"signed signals", n.signed_errors,
       n.signed_errors ? "errors of both signs travel between units"
                       : "no unit sends a signed error: credit is a difference or product of activities"},
      {"global signal", n.global_signal,
       n.global_signal ? "one scalar, better or worse than expected, reaches all synapses"
                       : "no scalar is broadcast"},
  };
}

}  // namespace apical
