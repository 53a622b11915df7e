// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/layered_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

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

namespace {

/// Files have (postsynaptic, presynaptic), or the shape of a convolution as it is.
template <class Real>
struct OwnParameter {
  Parameter parameter;
  bool turned;
  MatrixView<Real> values;
};

template <class Real>
OwnParameter<Real> own_parameter(const layered::NetworkDescription& network,
                                 const layered::OwnWeights<Real>& own) {
  OwnParameter<Real> out{.parameter = {.to = fmt::format("a{}", own.to), .feedback = true},
                         .turned = false,
                         .values = own.values};
  Parameter& p = out.parameter;
  if (own.from == 0) {
    p.name = p.to + ".feedback_offsets";
    p.shape = {own.values.rows()};
    return out;
  }
  p.from = fmt::format("a{}", own.from);
  p.name = fmt::format("{}->{}{}{}", p.from, p.to, own.of.empty() ? "" : ".", own.of);
  const layered::Connection& c = network.connection(own.from - 1);
  if (c && own.to + 1 == own.from && own.values.cols() == network.weight_cols(own.from - 1)) {
    p.shape = {c->channels, c->in.channels, c->kernel_height, c->kernel_width};
    return out;
  }
  out.turned = own.by_sender;
  p.shape = {own.values.rows(), own.values.cols()};
  if (out.turned) std::swap(p.shape[0], p.shape[1]);
  return out;
}

template <class Real>
OwnParameter<Real> own_parameter(layered::LayeredModel<Real>& model, std::size_t index) {
  const layered::NetworkDescription& network = model.network().description;
  return own_parameter(network, model.rule().own_weights().at(index - 2 * network.depth()));
}

/// f(number in a file's order, number in the model).
template <class Real, class F>
void for_each_pair(const OwnParameter<Real>& own, F&& f) {
  const MatrixView<Real>& m = own.values;
  for (std::size_t i = 0; i < m.rows(); ++i) {
    for (std::size_t j = 0; j < m.cols(); ++j) f(own.turned ? j * m.rows() + i : i * m.cols() + j, m(i, j));
  }
}

template <class Real>
std::span<Real> network_parameter(layered::Network<Real>& network, std::size_t index) {
  layered::Parameters<Real>& p = network.parameters;
  return index % 2 == 1 ? std::span<Real>(p.b[index / 2]) : p.W[index / 2].flat();
}

}  // namespace

template <class Real>
std::vector<Parameter> parameters_of(layered::LayeredModel<Real>& model) {
  const layered::NetworkDescription& network = model.network().description;
  std::vector<Parameter> out = parameters_of(network);
  for (const layered::OwnWeights<Real>& own : model.rule().own_weights())
    out.push_back(own_parameter(network, own).parameter);
  return out;
}

template <class Real>
std::vector<double> read_parameter(layered::LayeredModel<Real>& model, std::size_t index) {
  if (index < 2 * model.network().description.depth()) {
    const std::span<const Real> numbers = network_parameter(model.network(), index);
    return {numbers.begin(), numbers.end()};
  }
  const OwnParameter<Real> own = own_parameter(model, index);
  std::vector<double> out(own.parameter.size());
  for_each_pair(own, [&](std::size_t at, Real number) { out[at] = static_cast<double>(number); });
  return out;
}

template <class Real>
void set_parameters(layered::LayeredModel<Real>& model, const ParameterValues& values) {
  for (const auto& [index, numbers] : values) {
    const std::vector<double>& given = numbers;  // clang 14: a structured binding cannot be captured
    if (index < 2 * model.network().description.depth()) {
      const std::span<Real> to = network_parameter(model.network(), index);
      APICAL_CHECK(given.size() == to.size());
      std::transform(given.begin(), given.end(), to.begin(), [](double x) { return static_cast<Real>(x); });
      continue;
    }
    const OwnParameter<Real> own = own_parameter(model, index);
    APICAL_CHECK(given.size() == own.parameter.size());
    for_each_pair(own, [&](std::size_t at, Real& number) { number = static_cast<Real>(given[at]); });
  }
}

bool names_feedback(std::string_view name) {
  const auto area = [&](std::size_t& layer) {  // a12
    if (!name.starts_with('a')) return false;
    const char* const end = name.data() + name.size();
    const auto [rest, error] = std::from_chars(name.data() + 1, end, layer);
    if (error != std::errc() || layer == 0) return false;
    name = {rest, static_cast<std::size_t>(end - rest)};
    return true;
  };
  std::size_t from = 0, to = 0;
  if (!area(from)) return false;
  if (name == ".feedback_offsets") return true;
  if (!name.starts_with("->")) return false;
  name.remove_prefix(2);
  return area(to) && from >= to && (name.empty() || name == ".magnitude");
}

#define APICAL_FOR(Real)                                                                                     \
  template void check_finite<Real>(const layered::LayeredModel<Real>&, std::uint64_t, const std::string&);   \
  template void check_outputs<Real>(const layered::LayeredModel<Real>&, MatrixView<const Real>,              \
                                    std::uint64_t, const std::string&);                                      \
  template void check_figure<Real>(const layered::LayeredModel<Real>&, const std::string&, double,           \
                                   std::uint64_t, const std::string&);                                       \
  template void locate_fault<Real>(const layered::LayeredModel<Real>&, const NumericalFault&, std::uint64_t, \
                                   const std::string&);                                                      \
  template std::vector<Parameter> parameters_of<Real>(layered::LayeredModel<Real>&);                         \
  template std::vector<double> read_parameter<Real>(layered::LayeredModel<Real>&, std::size_t);              \
  template void set_parameters<Real>(layered::LayeredModel<Real>&, const ParameterValues&);
APICAL_FOR(float)
APICAL_FOR(double)
#undef APICAL_FOR

}  // namespace apical
