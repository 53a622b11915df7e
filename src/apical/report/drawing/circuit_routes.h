// SPDX-License-Identifier: Apache-2.0
// The arrows of a drawn circuit. Neighbouring areas are joined by curves; connections that skip areas run in
// tracks, forward ones below the areas and all others above. The skip connections of one population share a
// track, as the collaterals of an axon do.
#pragma once

#include <string>
#include <vector>

#include "apical/report/drawing/circuit_layout.h"

namespace apical {

struct Point {
  double x, y;
};

struct Arrow {
  PopulationId from, to;
  std::optional<std::size_t> compartment;  ///< none: the soma, for a teacher read by the neuron itself
  Pathway pathway = Pathway::forward;
  bool plastic = false, multiplies = false;
  std::string tag;    ///< what distinguishes it: "Wᵀ", "1:1", "φ′", "p = 0.3"
  std::string title;  ///< in full

  std::string path;               ///< SVG path data, up to the arrowhead
  Point end, heading;             ///< tip of the arrowhead and unit direction
  std::vector<Point> tag_places;  ///< best first
};

struct Routes {
  std::vector<Arrow> arrows;
  double top = 0, bottom = 0;  ///< outermost tracks
};

/// What is written on a projection's arrow, and in full when it is pointed at.
struct ArrowText {
  std::string tag, title;
};

/// `texts` has one entry for each projection, or none: then they follow from the circuit.
Routes route(const Circuit& circuit, const Layout& layout, const std::vector<ArrowText>& texts = {});

}  // namespace apical
