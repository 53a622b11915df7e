// SPDX-License-Identifier: Apache-2.0
// What a circuit takes for granted beyond quantities that are local to a synapse, found by looking at the
// circuit and never typed in. The usual objections to backpropagation in cortex (Crick 1989; Lillicrap et al.
// 2020, Nat Rev Neurosci 21:335) are the checklist: weight transport, phases, signed signals, precise wiring,
// special signals.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apical/circuit/circuit.h"

namespace apical {

struct Ingredient {
  std::string name;
  bool needed = false;
  std::string reason;  ///< names the populations or projections because of which it is, or says why it is not
};

/// Always the same ingredients in the same order:
///   weight transport, shared weights, separate phases, signed signals, mixed signs, non-local terms, global
///   signal, one-to-one wiring, identity laterals, lookahead, target.
std::vector<Ingredient> ingredients(const Circuit& circuit);

}  // namespace apical
