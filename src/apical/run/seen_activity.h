// SPDX-License-Identifier: Apache-2.0
// activity.json of a run that goes on: what a spiking circuit did a moment ago, for whoever looks in. It is
// replaced every few seconds of the clock on the wall, belongs to no result, and is gone once the run is
// finished.
//   {"schema":"apical-activity/1","seed":1,"from_s":12.3,"length_s":0.2,"populations":[{"name":"pyr1","neurons":400,
//    "event_Hz":4.1,"burst_Hz":0.8,"burst_probability":0.2,"s":[..],"neuron":[..],"later":[..]}]}
// `from_s` is biological time; `s` counts from there. "burst_probability" is null where there was no event.
#pragma once

#include <cstdint>

#include "apical/io/file.h"
#include "apical/procedure/spike_watch.h"

namespace apical {

inline constexpr const char* kSeenActivity = "activity.json";

/// IoError if it cannot be written.
void write_seen_activity(const io::Path& run, std::uint64_t seed, const ActivitySegment& activity);

}  // namespace apical
