// SPDX-License-Identifier: Apache-2.0
// Spike rasters as inline SVG: a panel per stretch of time, a band per population, a line per neuron, and
// below them what drove the circuit. First spikes (events) are ticks, further spikes of a burst have another
// colour and are longer, so that none depends on colour.
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

/// A current from outside, by panel.
struct RasterDrive {
  struct Stretch {
    std::vector<double> s, value;  ///< from the start of the panel
  };
  std::string label, unit;
  std::vector<Stretch> panels;
};

struct RasterPlot {
  std::string description;
  std::uint32_t neurons = 0;  ///< of each band
  struct Panel {
    std::string label;
    double seconds = 0;
    double from_s = 0;  ///< where it begins on the axis of time
  };
  std::vector<Panel> panels;
  std::vector<RasterBand> bands;
  std::vector<RasterDrive> drives = {};
};

/// An empty string if there is nothing to draw.
std::string svg_of(const RasterPlot& plot, double width = 0);

}  // namespace apical
