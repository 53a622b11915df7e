// SPDX-License-Identifier: Apache-2.0
#include "apical/models/area_densities.h"

#include <cmath>

namespace apical::models {

const Matrix<double>& macaque_visual_densities() {
  static const Matrix<double> table = [] {
    const double h = std::pow(10.0, -0.5), t = 0.1, m = std::pow(10.0, -1.5);
    const double from_to[7][7] = {
        {0, 1, m, 0, t, 0, 0},  // from a1
        {1, 0, 1, h, h, 0, h},  // a2
        {h, h, 0, 1, 1, h, 1},  // a3
        {t, m, 1, 0, h, 1, 0},  // a4
        {h, h, h, h, 0, 0, 1},  // a5
        {m, 0, h, 1, t, 0, 0},  // a6
        {0, 0, 0, 0, t, 0, 0},  // a7
    };
    Matrix<double> d(7, 7);
    for (std::size_t source = 0; source < 7; ++source) {
      for (std::size_t target = 0; target < 7; ++target) d(target, source) = from_to[source][target];
    }
    return d;
  }();
  return table;
}

}  // namespace apical::models
