// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/layered_fields.h"

namespace apical::layered {

void fields(FieldVisitor& v, OptimiserSettings& o) {
  constexpr Bounds share{.low = 0, .high = 1, .below = true};
  v({"momentum", "", "optimiser momentum: share of the last change that goes on", share}, o.momentum);
  v({"beta1", "", "optimiser adam: decay of the mean of the credit", share}, o.beta1);
  v({"beta2", "", "optimiser adam: decay of the mean of its square", share}, o.beta2);
  v({"epsilon", "", "optimiser adam: added to the root of that mean", more_than(0)}, o.epsilon);
  v({"weight_decay", "", "share by which weights shrink per update; see decay", at_least(0)}, o.weight_decay);
  v({"decay", "", "decay joins the credit, or is scaled by the learning rate only, or by nothing"}, o.decay);
  v({"clip_norm", "", "credit of all weights together is scaled down to this norm; 0: never", at_least(0)},
    o.clip_norm);
}

void dynamics_fields(FieldVisitor& v, Settling& s) {
  v.choice({"dynamics", "",
            "all layers at once, damped; layer by layer from below; or leaky units clipped to 0 … 1"},
           s.dynamics, {"relaxation", "sweeps", "leaky_clipped"});
  v({"settling_step", "", "step of relaxation and leaky_clipped"}, s.step);
  v({"tolerance", "", "settling ends when no unit changes by more; 0: after its steps"}, s.tolerance);
}

}  // namespace apical::layered
