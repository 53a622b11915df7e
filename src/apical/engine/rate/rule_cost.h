// SPDX-License-Identifier: Apache-2.0
// What a rule costs that is interpreted, beside a product of factors that rides on the sweep: measured, in
// some hundredths of a second.
#pragma once

#include "apical/circuit/circuit.h"

namespace apical::rate {

/// Nanoseconds per synapse and step, of one thread, beyond those of weights that stay.
struct RuleCost {
  double interpreted_ns = 0, product_ns = 0;
};

/// Of a projection whose rule is interpreted, in populations like its own, of 512 neurons at most.
template <class Real>
RuleCost measure_rule_cost(const Circuit& circuit, ProjectionId projection);

}  // namespace apical::rate
