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

namespace apical {

/// Written beside and renamed.
void write_spiking_results(const SpikingExperiment& experiment,
                           const std::vector<std::unique_ptr<SpikingCourse>>& courses, const io::Path& path);

/// Rates of a population over time.
struct ActivityCurves {
  std::string population;
  std::vector<double> event_Hz, burst_Hz, burst_probability;  ///< NaN where there was no event
  std::vector<double> raster_s;
  std::vector<std::uint32_t> raster_neuron;
  std::vector<std::uint8_t> raster_label;
};
struct SegmentCurves {
  std::string name;
  std::vector<double> time_s;  ///< ends of bins, biological time
  double start_s = 0;
  std::vector<RasterWindow> windows;
  std::vector<ActivityCurves> populations;
};
struct SeedResults {
  std::uint64_t seed = 0;
  std::vector<SegmentCurves> segments;
  std::vector<course::WeightChangeCurve> curves;
};
/// DataError if the file is not one of those.
std::vector<SeedResults> read_spiking_results(const io::Path& path);

}  // namespace apical
