// SPDX-License-Identifier: Apache-2.0
// results.h5 of a spiking run: seed-N/SEGMENT/POPULATION/{event_rate, burst_rate, burst_probability}, over
// seed-N/SEGMENT/time; raster/{time, neuron, label} below a population that is drawn; seed-N/curves/I/{x,
// delta_w} of pairing protocols.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apical/experiment/spiking_experiment.h"
#include "apical/procedure/spiking_course.h"
#include "apical/run/recorded_activity.h"

namespace apical {

/// Written beside and renamed.
void write_spiking_results(const SpikingExperiment& experiment,
                           const std::vector<std::unique_ptr<SpikingCourse>>& courses, const io::Path& path);

}  // namespace apical
