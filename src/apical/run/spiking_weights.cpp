// SPDX-License-Identifier: Apache-2.0
#include "apical/run/spiking_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apical/engine/spike/dense_weights.h"

namespace apical {
namespace {

using spike::Connection;

bool is_one_to_one(const Connection& c) { return std::holds_alternative<spike::OneToOne>(c.topology); }

/// From the order of a file. Pairs of a one-to-one projection lie on the diagonal.
Matrix<double> dense(const Connection& c, std::size_t post, std::size_t pre,
                     const std::vector<double>& numbers) {
  Matrix<double> out(post, pre, std::numeric_limits<double>::quiet_NaN());
  if (is_one_to_one(c)) {
    for (std::size_t i = 0; i < numbers.size(); ++i) out(i, i) = numbers[i];
  } else {
    std::copy(numbers.begin(), numbers.end(), out.flat().begin());
  }
  return out;
}

/// Zeros and NaN are no weights; anything else needs a synapse.
void require_synapses(const spike::Network<float>& network, std::size_t connection, std::uint64_t seed,
                      const Matrix<double>& given) {
  const Connection& c = network.description().connections[connection];
  Matrix<double> rest = given;
  for (const auto& [pre, post] : network.pairs(connection)) {
    const double w = given(post, pre);
    rest(post, pre) = 0;
    if (std::isnan(w))
      throw DataError(fmt::format(
          "'{}' has no weight at ({}, {}), where seed {} has a synapse{}", c.name, post, pre, seed,
          std::holds_alternative<spike::RandomPairs>(c.topology)
              ? "\n  which pairs have one is drawn by the seed: weights of a seed are for "
                "that seed"
              : ""));
    const auto beyond = [&](double low, double high) {  // they are kept in single precision
      return static_cast<float>(w) < static_cast<float>(low) ||
             static_cast<float>(w) > static_cast<float>(high);
    };
    if (c.rule && beyond(c.rule->w_min, c.rule->w_max))
      throw DataError(fmt::format("'{}' is {:g} at ({}, {}), outside the bounds [{:g}, {:g}] of its rule",
                                  c.name, w, post, pre, c.rule->w_min, c.rule->w_max));
  }
  const auto flat = rest.flat();
  const auto stray =
      std::find_if(flat.begin(), flat.end(), [](double w) { return !std::isnan(w) && w != 0; });
  if (stray == flat.end()) return;
  const auto at = static_cast<std::size_t>(stray - flat.begin());
  throw DataError(fmt::format("'{}' has a weight of {:g} at ({}, {}), where seed {} has no synapse", c.name,
                              *stray, at / rest.cols(), at % rest.cols(), seed));
}

}  // namespace

SpikingWeights::SpikingWeights(std::vector<std::uint64_t> seeds, std::vector<spike::Network<float>*> networks)
    : seeds_(std::move(seeds)), networks_(std::move(networks)) {
  APICAL_CHECK(!networks_.empty() && networks_.size() == seeds_.size());
  const auto& connections = circuit().connections;
  for (std::size_t c = 0; c < connections.size(); ++c) {
    if (!connections[c].view) own_.push_back(c);
  }
}

std::vector<Parameter> SpikingWeights::parameters() const {
  std::vector<Parameter> out;
  for (const std::size_t k : own_) {
    const Connection& c = circuit().connections[k];
    const std::uint64_t post = circuit().groups[spike::group_index(circuit(), c.target)].size,
                        pre = circuit().groups[spike::group_index(circuit(), c.source)].size;
    Parameter p{.name = c.name, .shape = {post, pre}, .from = c.source, .to = c.target};
    if (is_one_to_one(c)) p.shape = {post};
    p.sparse = !is_one_to_one(c) && !std::holds_alternative<spike::AllToAll>(c.topology);
    out.push_back(std::move(p));
  }
  return out;
}

std::vector<double> SpikingWeights::parameter(std::size_t index, std::size_t replica) const {
  const std::size_t k = own_.at(index);
  const Matrix<double> all = spike::dense_weights(*networks_.at(replica), k);
  if (!is_one_to_one(circuit().connections[k])) return {all.flat().begin(), all.flat().end()};
  std::vector<double> out(all.rows());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = all(i, i);
  return out;
}

void SpikingWeights::set_parameters(const std::vector<ParameterValues>& of_replicas) {
  for (std::size_t r = 0; r < networks_.size(); ++r) {
    for (const auto& [index, numbers] : of_replicas.at(r)) {
      const std::size_t k = own_.at(index);
      const Connection& c = circuit().connections[k];
      const Matrix<double> given =
          dense(c, circuit().groups[spike::group_index(circuit(), c.target)].size,
                circuit().groups[spike::group_index(circuit(), c.source)].size, numbers);
      require_synapses(*networks_[r], k, seeds_[r], given);
      try {
        spike::set_dense_weights(*networks_[r], k, given);
      } catch (const ConfigError& e) {  // of weights that are shared
        throw DataError(fmt::format("{}\n  {}", e.bare_message(), e.hint()));
      }
    }
  }
}

}  // namespace apical
