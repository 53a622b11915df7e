// SPDX-License-Identifier: Apache-2.0
// results.h5 of a run of spiking neurons, as plain values: activity over time, rasters and weight changes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apical/io/file.h"

namespace apical {

constexpr std::uint8_t kEventLabel = 1;

/// Of which a raster is drawn, from the start of the segment.
struct RasterStretch {
  std::string label;
  double from_s = 0, until_s = 0;
};
/// Of one synapse, over what a protocol varies.
struct WeightChangeOver {
  std::string label;  ///< "P(0) = 0.3"
  std::vector<double> x, delta_w;
};

/// Rates of a population over time.
struct ActivityCurves {
  std::string population;
  std::vector<double> event_Hz, burst_Hz, burst_probability;  ///< NaN where there was no event
  std::vector<double> raster_s;
  std::vector<std::uint32_t> raster_neuron;
  std::vector<std::uint8_t> raster_label;  ///< kEventLabel: starts a burst or stands alone
};
struct SegmentCurves {
  std::string name;
  std::vector<double> time_s;  ///< ends of bins, biological time
  double start_s = 0;
  std::vector<RasterStretch> windows;
  std::vector<ActivityCurves> populations;
};
struct SeedResults {
  std::uint64_t seed = 0;
  std::vector<SegmentCurves> segments;
  std::vector<WeightChangeOver> curves;
};
/// DataError if the file is not one of those.
std::vector<SeedResults> read_spiking_results(const io::Path& path);

}  // namespace apical
