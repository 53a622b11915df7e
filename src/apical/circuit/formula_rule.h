// SPDX-License-Identifier: Apache-2.0
// From a formula to the rule of a projection. A formula is multiplied out and compared with the products that
// the engine has kernels for,
//   dw/dt = eta (post x pre) - decay w
// with post one of (look - number * v), v and rate; it then is that rule, to the same bits. Any other is
// interpreted. Between neurons that spike,
//   dw/dt = eta (burst - p event) pre      (Payeur et al. 2021, eq. 1, without homeostasis)
// with p or a number is a kernel, and (f event + g burst) pre interpreted, f and g made of what the target
// knows of itself: they are computed once for each of its events and bursts, not for each synapse.
#pragma once

#include <string>

#include "apical/circuit/formula.h"
#include "apical/circuit/spiking_circuit.h"

namespace apical {

/// The rule of a projection to `compartment`. ConfigError for what is no formula of local quantities.
PlasticityRule rule_of(const Formula& formula, const std::string& compartment);

/// A rule before its formula is read. A formula is all of dw/dt: what homeostasis adds is asked for.
void begin_as_formula(spike::BurstRule& rule);
/// What the rule's formula says, if it has one. ConfigError for what is no formula of local quantities, or
/// nothing that happens at the target's events and bursts in proportion to the presynaptic trace.
void take_formula(spike::BurstRule& rule);

/// What an event and a burst of the target multiply the presynaptic trace with.
struct Jumps {
  formula::Expression at_event, at_burst;
};
/// Of a rule that is interpreted.
Jumps jumps_of(const Formula& formula);
/// One of them, for a target with this share of bursts and these rates.
double value_of(const formula::Expression& jump, double p, double event_rate_Hz, double burst_rate_Hz);

}  // namespace apical
