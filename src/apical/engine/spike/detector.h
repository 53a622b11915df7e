// SPDX-License-Identifier: Apache-2.0
// Events and bursts in a spike train: the first spike after a pause is an event, the second spike of a burst
// makes it a burst, later ones are neither (Payeur et al. 2021, Methods).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apical/circuit/spiking_circuit.h"

namespace apical::spike {

enum class Label : std::uint8_t { none, event, burst };

class EventBurstDetector {
 public:
  /// `limit_s` is the longest interval inside a burst, and the trace's time constant of the accumulating
  /// kinds.
  EventBurstDetector(DetectorKind kind, double limit_s, double dt_s, std::size_t neurons,
                     bool float32_factor = false);

  /// The label of a spike of neuron i in step k, judged on the spikes counted so far.
  Label label(std::size_t i, Step k);
  /// Counts a spike in step k (later than its emission where the detector lags).
  void count(std::size_t i, Step k);

  template <class Archive>
  void visit_state(Archive& a, const std::string& prefix) {
    a(prefix + "last", last_);
    a(prefix + "trace", trace_);
    a(prefix + "burst_seen", burst_seen_);
  }

 private:
  bool starts_event(std::size_t i, Step k, bool& exactly_at_limit) const;

  DetectorKind kind_;
  double limit_steps_, rate_;
  std::vector<Step> last_;     ///< step of the last counted spike
  std::vector<double> trace_;  ///< accumulating kinds: value at `last_`
  std::vector<std::uint8_t> burst_seen_;
};

}  // namespace apical::spike
