// SPDX-License-Identifier: Apache-2.0
// Burst-dependent plasticity: dW_ij/dt = eta [B_i(t) - Pbar_i(t) E_i(t)] Etilde_j(t) (Payeur et al. 2021, eq.
// 1), as jumps at the target's events and bursts, with the homeostatic terms of their Methods.
#pragma once

#include <algorithm>

#include "apical/circuit/spiking_circuit.h"

namespace apical::spike {

/// h <= 0: pulls weights down where the target's event rate exceeds the maximum.
inline double homeostatic_term(double event_rate_Hz, double maximum_Hz) {
  return event_rate_Hz > maximum_Hz ? -(event_rate_Hz - maximum_Hz) / event_rate_Hz : 0;
}

/// Bbar/Ebar, at most 1; `first` says what it is where no event has been counted.
inline double burst_probability(double events, double bursts, FirstEvent first) {
  if (events > 0) return std::min(1.0, bursts / events);
  return first == FirstEvent::no_depression ? 0 : 1;
}

/// What an event of the target multiplies eta Etilde_pre with.
inline double event_valence(double probability, double h) { return -probability + h; }
/// The same for a burst.
inline double burst_valence(double h) { return 1 + h; }

/// Presynaptic term per presynaptic event, before eta: pulls weights up where the target is too quiet.
inline double rate_deficit(double rate_Hz, double minimum_Hz) { return std::max(0.0, minimum_Hz - rate_Hz); }

}  // namespace apical::spike
