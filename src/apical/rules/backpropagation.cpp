// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/backpropagation.h"

namespace apical::layered {

RuleEntries backpropagation_rules() {
  return {{.name = "backpropagation",
           .description = "layered network; errors travel down through the transposed forward weights",
           .citation = "Rumelhart, Hinton & Williams, Nature 323:533, 1986",
           .options = BackpropagationOptions{}}};
}

}  // namespace apical::layered
