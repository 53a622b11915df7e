// SPDX-License-Identifier: Apache-2.0
// Short-term plasticity of a presynaptic neuron (extended Tsodyks-Markram). A spike transmits x u, then x -=
// u x and u += f (1-u); between spikes Euler steps x += dt (1-x)/tau_D, u += dt (U-u)/tau_F, the first in the
// spike's own step. The steps are linear, so n of them are one power.
#pragma once

#include <cmath>

#include "apical/circuit/spiking_circuit.h"

namespace apical::spike {

struct ShortTermState {
  double x = 1, u = 0;
  Step last = 0;  ///< steps taken so far

  /// Efficacy x u of a spike in step k; steps must not decrease.
  double transmit(const ShortTermParameters& p, double dt_s, Step k) {
    const double n = static_cast<double>(k - last);
    x = 1 - (1 - x) * std::pow(1 - dt_s / p.depression_tau_s, n);
    u = p.u_rest + (u - p.u_rest) * std::pow(1 - dt_s / p.facilitation_tau_s, n);
    last = k;
    const double efficacy = x * u;
    x -= efficacy;
    u += (p.jump == FacilitationJump::f ? p.f : p.u_rest) * (1 - u);
    return efficacy;
  }
};

}  // namespace apical::spike
