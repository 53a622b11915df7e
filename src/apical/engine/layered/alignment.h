// SPDX-License-Identifier: Apache-2.0
// How close one set of weight changes is to another.
#pragma once

#include <cmath>
#include <numbers>
#include <span>
#include <type_traits>

#include "apical/engine/layered/network.h"

namespace apical::layered {

/// Cosine between two flattened matrices, sums in double; 0 if one of them is zero.
template <class T>
double cosine(std::span<const T> x, std::span<const std::type_identity_t<T>> y) {
  APICAL_CHECK(x.size() == y.size());
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double a = x[i], b = y[i];
    xy += a * b;
    xx += a * a;
    yy += b * b;
  }
  return xx == 0 || yy == 0 ? 0 : std::max(-1.0, std::min(1.0, xy / std::sqrt(xx * yy)));
}

template <class T>
double angle_degrees(std::span<const T> x, std::span<const std::type_identity_t<T>> y) {
  return std::acos(cosine(x, y)) * 180 / std::numbers::pi;
}

/// sqrt(sum_l |x_l - y_l|^2 / sum_l |y_l|^2) over all weight layers together.
template <class T>
double relative_error(const std::vector<Matrix<T>>& x, const std::vector<Matrix<T>>& y) {
  APICAL_CHECK(x.size() == y.size());
  double difference = 0, size = 0;
  for (std::size_t l = 0; l < x.size(); ++l) {
    const auto a = x[l].flat(), b = y[l].flat();
    APICAL_CHECK(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
      difference += d * d;
      size += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
  }
  return std::sqrt(difference / size);
}

}  // namespace apical::layered
