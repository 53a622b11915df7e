// SPDX-License-Identifier: Apache-2.0
// Records a protocol's measures while a circuit is shown trials, averaged over them and aligned to the onset
// of the stimulus.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "apical/experiment/protocol.h"
#include "apical/learning/rate_learner.h"
#include "apical/run/probe_state.h"

namespace apical {

/// Columns of a trace: every `stride`-th step from `first` on.
struct TraceTimes {
  rate::Step first = 0, stride = 1;
  std::size_t count = 0;
  double dt_ms = 0;

  explicit TraceTimes(const Protocol& p) : dt_ms(p.dt_ms) {
    if (!(dt_ms > 0)) return;  // no trials are shown
    first = std::llround(p.from_ms / dt_ms);
    stride = std::max<rate::Step>(1, std::llround(p.every_ms / dt_ms));
    count = static_cast<std::size_t>((std::llround(p.until_ms / dt_ms) - first + stride - 1) / stride);
  }
  double ms(std::size_t column) const {
    return static_cast<double>(first + static_cast<rate::Step>(column) * stride) * dt_ms;
  }
  /// The column of a step, or `count`.
  std::size_t column(rate::Step step) const {
    if (step < first || (step - first) % stride != 0) return count;
    return std::min(count, static_cast<std::size_t>((step - first) / stride));
  }
  bool operator==(const TraceTimes&) const = default;
};

/// One trace for each measure that the model has populations for. Leaves the learner where the trials end.
template <class Real>
std::vector<Trace> record_trials(RateLearner<Real>& learner, const Experiment& e, const Protocol& p,
                                 const Condition& condition, std::size_t epochs);

}  // namespace apical
