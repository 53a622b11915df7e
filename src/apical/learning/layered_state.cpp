// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/layered_state.h"

#include <fmt/format.h>

#include <cmath>

namespace apical {

namespace {

template <class Real>
[[noreturn]] void blame(const layered::LayeredModel<Real>& model, std::size_t layer,
                        const std::string& quantity, std::size_t unit, double value, std::uint64_t seed,
                        const std::string& network) {
  throw NumericalFault(
      {.population = fmt::format("{}{}layer {}", network, network.empty() ? "" : ", ", layer),
       .quantity = quantity,
       .unit = unit,
       .seed = seed,
       .step = static_cast<std::int64_t>(model.batches()),
       .time_ms = 0,
       .value = value});
}

template <class Real>
std::size_t last_layer(const layered::LayeredModel<Real>& model) {
  return model.network().description.depth();
}

}  // namespace

template <class Real>
void check_finite(const layered::LayeredModel<Real>& model, std::uint64_t seed, const std::string& network) {
  const layered::Parameters<Real>& p = model.network().parameters;
  for (std::size_t l = 0; l < p.W.size(); ++l) {
    for (std::size_t i = 0; i < p.W[l].size(); ++i) {
      const auto w = static_cast<double>(p.W[l].flat()[i]);
      if (!std::isfinite(w)) blame(model, l + 1, "weights", i / p.W[l].cols(), w, seed, network);
    }
    for (std::size_t i = 0; i < p.b[l].size(); ++i) {
      const auto b = static_cast<double>(p.b[l][i]);
      if (!std::isfinite(b)) blame(model, l + 1, "bias", i, b, seed, network);
    }
  }
}

template <class Real>
void check_outputs(const layered::LayeredModel<Real>& model, MatrixView<const Real> outputs,
                   std::uint64_t seed, const std::string& network) {
  for (std::size_t n = 0; n < outputs.rows(); ++n) {
    for (std::size_t i = 0; i < outputs.cols(); ++i) {
      const auto y = static_cast<double>(outputs(n, i));
      if (std::isfinite(y)) continue;
      check_finite(model, seed, network);  // knows the layer, if it is the weights
      blame(model, last_layer(model), "output", i, y, seed, network);
    }
  }
}

template <class Real>
void check_figure(const layered::LayeredModel<Real>& model, const std::string& quantity, double value,
                  std::uint64_t seed, const std::string& network) {
  if (!std::isfinite(value)) blame(model, last_layer(model), quantity, 0, value, seed, network);
}

template <class Real>
void locate_fault(const layered::LayeredModel<Real>& model, const NumericalFault& found, std::uint64_t seed,
                  const std::string& network) {
  check_finite(model, seed, network);
  check_outputs(model, model.output(), seed, network);
  blame(model, last_layer(model), found.where().quantity, found.where().unit, found.where().value, seed,
        network);
}

#define APICAL_FOR(Real)                                                                                     \
  template void check_finite<Real>(const layered::LayeredModel<Real>&, std::uint64_t, const std::string&);   \
  template void check_outputs<Real>(const layered::LayeredModel<Real>&, MatrixView<const Real>,              \
                                    std::uint64_t, const std::string&);                                      \
  template void check_figure<Real>(const layered::LayeredModel<Real>&, const std::string&, double,           \
                                   std::uint64_t, const std::string&);                                       \
  template void locate_fault<Real>(const layered::LayeredModel<Real>&, const NumericalFault&, std::uint64_t, \
                                   const std::string&);
APICAL_FOR(float)
APICAL_FOR(double)
#undef APICAL_FOR

}  // namespace apical
