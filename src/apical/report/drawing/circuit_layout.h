// SPDX-License-Identifier: Apache-2.0
// Where everything of a drawn circuit stands, in px; y grows downwards.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apical/circuit/circuit.h"

namespace apical {

struct Rect {
  double x = 0, y = 0, w = 0, h = 0;  ///< centre and extent
  double left() const { return x - w / 2; }
  double right() const { return x + w / 2; }
  double top() const { return y - h / 2; }
  double bottom() const { return y + h / 2; }
};

struct Glyph {
  enum class Shape { external, pyramidal, round };
  Shape shape = Shape::round;
  std::size_t column = 0;
  std::size_t lane = 0;   ///< 0 at the bottom
  bool top_lane = false;  ///< nothing stands above it in its column
  std::string label;
  Rect soma;                            ///< of an external population: its box
  std::vector<Rect> compartments = {};  ///< labelled, in the population's order
};

struct Column {
  std::string area;        ///< empty for the columns of external populations
  double x = 0, half = 0;  ///< centre and half the width
};

struct Layout {
  std::vector<Column> columns;
  std::vector<Glyph> glyphs;   ///< by PopulationId
  double top = 0, bottom = 0;  ///< of the area panels
  double left() const { return columns.front().x - columns.front().half; }
  double right() const { return columns.back().x + columns.back().half; }
};

Layout lay_out(const Circuit& circuit);

/// "rep" of "v1.rep" in area v1.
std::string short_name(const Population& population);

}  // namespace apical
