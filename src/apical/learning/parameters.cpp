// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/parameters.h"

#include <functional>
#include <numeric>

#include "apical/core/error.h"

namespace apical {

std::size_t Parameter::size() const {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

std::vector<double> Weighted::parameter(std::size_t, std::size_t) const { return {}; }
void Weighted::set_parameters(const std::vector<ParameterValues>& of_replicas) {
  for (const ParameterValues& values : of_replicas) APICAL_CHECK(values.empty());
}

}  // namespace apical
