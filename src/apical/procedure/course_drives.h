// SPDX-License-Identifier: Apache-2.0
// The currents that a course injects where it is watched, as formulas of time: what rasters are read beside.
#pragma once

#include <string>
#include <vector>

#include "apical/circuit/course.h"

namespace apical {

/// From `from_s` until before `until_s`, seconds from the beginning of a watched segment: constant +
/// amplitude sin(2 pi (t - from_s) / period), on top of what the circuit injects. Pieces of a compartment add
/// up.
struct DrivePiece {
  std::string segment, population;
  course::CellPart into = course::CellPart::soma;
  double from_s = 0, until_s = 0, constant_A = 0, amplitude_A = 0, period_s = 1;

  double at(double s) const;  ///< in ampere; 0 outside
  bool operator==(const DrivePiece&) const = default;
};

/// In order of time within each segment.
std::vector<DrivePiece> drives_of(const Course& course);

}  // namespace apical
