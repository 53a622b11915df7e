// SPDX-License-Identifier: Apache-2.0
// A second door to rules whose samples are stretches of simulated time: what a forward pass in their weights
// would say of them is not what they do. Looked for by dynamic_cast where that matters; other rules have
// none.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "apical/engine/layered/network.h"
#include "apical/engine/layered/workers.h"

namespace apical::layered {

template <class T>
class SimulatedTime {
 public:
  virtual ~SimulatedTime() = default;
  /// What all layers do as the rule's predict() answers, the answer last, in `out.h`: counts of events, so
  /// that 0 is a usual value.
  virtual void activity(const Workers& workers, const Network<T>& network, MatrixView<const T> X,
                        Activity<T>& out) = 0;
  /// Samples that a new rule looks at before anything is learned.
  virtual std::uint64_t samples_before_learning() const = 0;
  /// Why nobody can say what answers would be at half the time step.
  virtual std::string_view why_no_halved_step() const = 0;
  /// What hidden units have done of late, by the name of a metric; empty: nothing yet.
  virtual std::vector<std::pair<std::string_view, double>> hidden_figures() const = 0;
};

}  // namespace apical::layered
