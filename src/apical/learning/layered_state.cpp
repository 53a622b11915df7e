// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/layered_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/divergence.h"

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
      if (has_diverged(w)) blame(model, l + 1, "weights", i / p.W[l].cols(), w, seed, network);
    }
    for (std::size_t i = 0; i < p.b[l].size(); ++i) {
      const auto b = static_cast<double>(p.b[l][i]);
      if (has_diverged(b)) blame(model, l + 1, "bias", i, b, seed, network);
    }
  }
}

template <class Real>
void check_outputs(const layered::LayeredModel<Real>& model, MatrixView<const Real> outputs,
                   std::uint64_t seed, const std::string& network) {
  for (std::size_t n = 0; n < outputs.rows(); ++n) {
    for (std::size_t i = 0; i < outputs.cols(); ++i) {
      const auto y = static_cast<double>(outputs(n, i));
      if (!has_diverged(y)) continue;
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
  if (found.where().population.starts_with("layer ")) {  // the rule knows the place
    NumericalFault::Where where = found.where();
    where.population = fmt::format("{}{}{}", network, network.empty() ? "" : ", ", where.population);
    where.step = static_cast<std::int64_t>(model.batches());
    where.seed = seed;
    throw NumericalFault(std::move(where));
  }
  check_finite(model, seed, network);
  check_outputs(model, model.output(), seed, network);
  blame(model, last_layer(model), found.where().quantity, found.where().unit, found.where().value, seed,
        network);
}

std::vector<Parameter> parameters_of(const layered::NetworkDescription& network) {
  std::vector<Parameter> out;
  for (std::size_t l = 0; l < network.depth(); ++l) {
    const std::string from = l == 0 ? "input" : fmt::format("a{}", l), to = fmt::format("a{}", l + 1);
    std::vector<std::uint64_t> shape{network.weight_rows(l), network.weight_cols(l)};
    if (const layered::Connection& c = network.connection(l))
      shape = {c->channels, c->in.channels, c->kernel_height, c->kernel_width};
    out.push_back(
        {.name = fmt::format("{}->{}", from, to), .shape = std::move(shape), .from = from, .to = to});
    out.push_back({.name = to + ".offsets", .shape = {network.weight_rows(l)}, .from = {}, .to = to});
  }
  return out;
}

template <class Real>
std::vector<double> read_parameter(const layered::Network<Real>& network, std::size_t index) {
  const layered::Parameters<Real>& p = network.parameters;
  if (index % 2 == 1) return {p.b[index / 2].begin(), p.b[index / 2].end()};
  const auto weights = p.W[index / 2].flat();
  return {weights.begin(), weights.end()};
}

template <class Real>
void set_parameters(layered::Network<Real>& network, const ParameterValues& values) {
  for (const auto& [index, numbers] : values) {
    layered::Parameters<Real>& p = network.parameters;
    const std::span<Real> to = index % 2 == 1 ? std::span<Real>(p.b[index / 2]) : p.W[index / 2].flat();
    APICAL_CHECK(numbers.size() == to.size());
    std::transform(numbers.begin(), numbers.end(), to.begin(), [](double x) { return static_cast<Real>(x); });
  }
}

#define APICAL_FOR(Real)                                                                                     \
  template void check_finite<Real>(const layered::LayeredModel<Real>&, std::uint64_t, const std::string&);   \
  template void check_outputs<Real>(const layered::LayeredModel<Real>&, MatrixView<const Real>,              \
                                    std::uint64_t, const std::string&);                                      \
  template void check_figure<Real>(const layered::LayeredModel<Real>&, const std::string&, double,           \
                                   std::uint64_t, const std::string&);                                       \
  template void locate_fault<Real>(const layered::LayeredModel<Real>&, const NumericalFault&, std::uint64_t, \
                                   const std::string&);                                                      \
  template std::vector<double> read_parameter<Real>(const layered::Network<Real>&, std::size_t);             \
  template void set_parameters<Real>(layered::Network<Real>&, const ParameterValues&);
APICAL_FOR(float)
APICAL_FOR(double)
#undef APICAL_FOR

}  // namespace apical
