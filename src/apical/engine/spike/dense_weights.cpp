// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/spike/dense_weights.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <vector>

namespace apical::spike {
namespace {

/// Of the groups that a connection joins: postsynaptic, presynaptic.
template <class Real>
std::pair<std::size_t, std::size_t> shape_of(const Network<Real>& network, std::size_t connection) {
  const SpikingCircuit& circuit = network.description();
  const Connection& c = circuit.connections[connection];
  return {circuit.groups[network.group(c.target)].size, circuit.groups[network.group(c.source)].size};
}

}  // namespace

template <class Real>
Matrix<double> dense_weights(const Network<Real>& network, std::size_t connection) {
  const auto [rows, cols] = shape_of(network, connection);
  Matrix<double> out(rows, cols);
  std::ranges::fill(out.flat(), std::numeric_limits<double>::quiet_NaN());
  const auto pairs = network.pairs(connection);
  const std::vector<double> weights = network.weights(connection);
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    const auto [pre, post] = pairs[k];
    out(post, pre) = weights.size() == 1 ? weights.front() : weights[k];
  }
  return out;
}

template <class Real>
void set_dense_weights(Network<Real>& network, std::size_t connection, const Matrix<double>& values) {
  const std::string& name = network.description().connections[connection].name;
  const auto [rows, cols] = shape_of(network, connection);
  if (values.rows() != rows || values.cols() != cols)
    throw ConfigError(
        fmt::format("weights of '{}' have shape ({}, {}); expected ({}, {}), postsynaptic x presynaptic",
                    name, values.rows(), values.cols(), rows, cols));
  const auto pairs = network.pairs(connection);
  std::vector<double> weights;
  weights.reserve(pairs.size());
  for (const auto& [pre, post] : pairs) {
    const double w = values(post, pre);
    if (!std::isfinite(w))
      throw ConfigError(
          fmt::format("weights of '{}' are {} at ({}, {}), where there is a synapse", name, w, post, pre));
    weights.push_back(w);
  }
  const std::size_t own = network.weights(connection).size();
  if (own != weights.size()) {
    // All synapses share one number.
    for (const double w : weights) {
      if (w != weights.front())
        throw ConfigError(
            fmt::format("synapses of '{}' share one weight; found {} and {}", name, weights.front(), w), {},
            "give the projection a rule or weight_sd, then each synapse has its own");
    }
    weights.resize(own);
  }
  network.set_weights(connection, weights);
}

template Matrix<double> dense_weights(const Network<float>&, std::size_t);
template void set_dense_weights(Network<float>&, std::size_t, const Matrix<double>&);

}  // namespace apical::spike
