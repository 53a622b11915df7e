// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/layered_state.h"

#include <fmt/format.h>

#include <cmath>

namespace apical {

template <class Real>
void check_finite(const layered::LayeredModel<Real>& model, std::uint64_t seed, const std::string& network) {
  const auto fault = [&](std::size_t layer, const char* quantity, std::size_t unit, Real value) {
    throw NumericalFault(
        {.population = fmt::format("{}{}layer {}", network, network.empty() ? "" : ", ", layer + 1),
         .quantity = quantity,
         .unit = unit,
         .seed = seed,
         .step = static_cast<std::int64_t>(model.batches()),
         .time_ms = 0,
         .value = static_cast<double>(value)});
  };
  const layered::Parameters<Real>& p = model.network().parameters;
  for (std::size_t l = 0; l < p.W.size(); ++l) {
    for (std::size_t i = 0; i < p.W[l].size(); ++i) {
      if (!std::isfinite(p.W[l].flat()[i])) fault(l, "weights", i / p.W[l].cols(), p.W[l].flat()[i]);
    }
    for (std::size_t i = 0; i < p.b[l].size(); ++i) {
      if (!std::isfinite(p.b[l][i])) fault(l, "bias", i, p.b[l][i]);
    }
  }
}

template void check_finite<float>(const layered::LayeredModel<float>&, std::uint64_t, const std::string&);
template void check_finite<double>(const layered::LayeredModel<double>&, std::uint64_t, const std::string&);

}  // namespace apical
