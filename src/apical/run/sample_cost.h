// SPDX-License-Identifier: Apache-2.0
// What one training sample costs in events at synapses, which stand for energy: derived from the circuit and
// how long a sample is held, or from the products that a credit rule computes for a batch. Nothing is
// measured in joules.
#pragma once

#include "apical/experiment/experiment.h"
#include "apical/learning/learner.h"

namespace apical {

struct SampleCost {
  double synaptic_events = 0;  ///< a presynaptic value passes one synapse, in any direction and phase
  double weight_reads = 0;     ///< for every event, and before every write
  double weight_writes = 0;    ///< a weight changes; a batch shares one change among its samples
};

/// Of one replica, the first seed. NumericalFault, as of that seed, if its network is not finite as it
/// begins. A circuit passes every synapse, and changes every plastic one, in every step that a sample is
/// held. Where an environment rewards, a sample is one of its steps, and the value network counts too.
/// Feedback that a rule changes in phases of its own (a weight mirror's) counts as events, not as writes.
SampleCost cost_of_sample(const Experiment& experiment, const Dataset& data);

}  // namespace apical
