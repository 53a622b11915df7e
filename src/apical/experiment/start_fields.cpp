// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/start_fields.h"

namespace apical {

void fields(FieldVisitor& v, StartOptions& o) {
  v({.name = "start_from",
     .meaning = "weights to begin with: the directory of a run (its last checkpoint), a .npz or a "
                ".safetensors file with "
                "the names of projections; what is not named keeps its initialisation",
     .optional = true},
    o.start_from);
}

void fields(FieldVisitor& v, ContinueOptions& o) {
  v({.name = "continue_from",
     .meaning =
         "the directory of a run of the same experiment with fewer epochs, which this one goes on from: "
         "apical run --continue DIR",
     .optional = true},
    o.continue_from);
}

}  // namespace apical
