// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/spike/detector.h"

#include <cmath>
#include <limits>

#include "apical/engine/spike/trace.h"

namespace apical::spike {
namespace {
constexpr Step kNever = std::numeric_limits<Step>::min() / 4;
}

EventBurstDetector::EventBurstDetector(DetectorKind kind, double limit_s, double dt_s, std::size_t neurons,
                                       bool float32_factor)
    : kind_(kind),
      limit_steps_(limit_s / dt_s),
      rate_(decay_rate(dt_s, limit_s, float32_factor)),
      last_(neurons, kNever),
      burst_seen_(neurons, 0) {
  if (kind != DetectorKind::interspike_interval) trace_.resize(neurons, 0.0);
}

bool EventBurstDetector::starts_event(std::size_t i, Step k, bool& exactly_at_limit) const {
  const double interval = static_cast<double>(k - last_[i]);
  if (kind_ == DetectorKind::interspike_interval) return interval > limit_steps_ * (1 + 1e-12);
  const double before = trace_[i] == 0 ? 0 : trace_[i] * std::exp(-interval * rate_);
  const bool mainline = kind_ == DetectorKind::accumulating_after_spike;
  const double x = mainline ? (before + 1) * std::exp(-rate_) : before;
  const double threshold = std::exp(-1.0) + (mainline ? 1 : 0);
  exactly_at_limit = x == threshold;
  return x < threshold;
}

Label EventBurstDetector::label(std::size_t i, Step k) {
  bool exactly_at_limit = false;
  if (starts_event(i, k, exactly_at_limit)) {
    burst_seen_[i] = 0;
    return Label::event;
  }
  if (exactly_at_limit || burst_seen_[i]) return Label::none;
  burst_seen_[i] = 1;
  return Label::burst;
}

void EventBurstDetector::count(std::size_t i, Step k) {
  if (kind_ != DetectorKind::interspike_interval) {
    trace_[i] = 1 + (trace_[i] == 0 ? 0 : trace_[i] * std::exp(-static_cast<double>(k - last_[i]) * rate_));
  }
  last_[i] = k;
}

}  // namespace apical::spike
