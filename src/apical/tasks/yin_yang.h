// SPDX-License-Identifier: Apache-2.0
// Yin-Yang: points of a disc in three classes that no linear read-out separates, small enough for circuits
// and hard enough that a frozen hidden layer shows (Kriener, Göltz & Petrovici 2022,
// doi 10.1145/3517343.3517380). Bit for bit the published generator: MT19937 as std::mt19937.
#pragma once

#include <cstdint>

#include "apical/tasks/task.h"

namespace apical {

struct YinYangGeometry {
  double r_small = 0.1;  ///< radius of the dots
  double r_big = 0.5;    ///< radius of the disc, whose centre is (r_big, r_big)
};

/// Class of a point inside the disc: 2 in a dot, else 1 or 0. The published code names the classes yin,
/// yang and dot in this order although its predicate "is yin" gives 1; the integers are what counts.
std::int32_t yin_yang_class(double x, double y, const YinYangGeometry& geometry);

struct YinYangPoints {
  Matrix<double> points;  ///< samples x 4: x, y, 1 - x, 1 - y
  std::vector<std::int32_t> labels;
  std::uint64_t candidate_draws = 0;  ///< (x, y) pairs drawn, rejected ones included
};

/// Draws a class uniformly, then points of the enclosing square until one is in the disc and of that class.
YinYangPoints draw_yin_yang(std::size_t samples, std::uint32_t seed, const YinYangGeometry& geometry = {});

TaskInfo yin_yang_task();

}  // namespace apical
