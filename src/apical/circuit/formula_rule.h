// SPDX-License-Identifier: Apache-2.0
// From a formula to the rule of a projection. A formula is multiplied out and compared with the products that
// the engine has kernels for,
//   dw/dt = eta (post x pre) - decay w
// with post one of (look - number * v), v and rate; it then is that rule, to the same bits. Any other is
// interpreted.
#pragma once

#include <string>

#include "apical/circuit/circuit.h"

namespace apical {

/// The rule of a projection to `compartment`. ConfigError for what is no formula of local quantities.
PlasticityRule rule_of(const Formula& formula, const std::string& compartment);

}  // namespace apical
