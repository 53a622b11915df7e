// SPDX-License-Identifier: Apache-2.0
// Spike rasters as inline SVG: a panel per stretch of time, a band per population, a line per neuron. First
// spikes (events) are ticks, further spikes of a burst have another colour and are longer, so that none
// depends on colour.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace apical {

struct RasterSpike {
  double s = 0;  ///< from the start of the panel
  std::uint32_t neuron = 0;
  bool in_burst = false;  ///< not the first of its burst
};

struct RasterBand {
  std::string population;
  std::vector<std::vector<RasterSpike>> panels;
};

struct RasterPlot {
  std::string description;
  std::uint32_t neurons = 0;  ///< of each band
  struct Panel {
    std::string label;
    double seconds = 0;
  };
  std::vector<Panel> panels;
  std::vector<RasterBand> bands;
};

/// An empty string if there is nothing to draw.
std::string svg_of(const RasterPlot& plot);

}  // namespace apical
