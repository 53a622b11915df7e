// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/kolen_pollack.h"

namespace apical::layered {

RuleEntries kolen_pollack_rules() {
  ModelDefaults model;
  // Without decay feedback and forward weights would keep their first difference.
  model.optimiser.weight_decay = 1e-4;
  model.optimiser.decay = DecayKind::unscaled;
  return {
      {.name = "kolen_pollack",
       .description =
           "feedback and forward synapses make the same change and decay, so that they become each other's "
           "transpose",
       .citation = "Kolen & Pollack, ICNN 1994; Akrout, Wilson, Humphreys, Lillicrap & Tweed, NeurIPS 2019",
       .options = KolenPollackOptions{},
       .model = model}};
}

}  // namespace apical::layered
