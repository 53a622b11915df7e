// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/rate_weights.h"

#include <algorithm>
#include <string>

namespace apical {
namespace {
constexpr std::string_view kDeviation = ".deviation";
}

template <class Real>
std::vector<ProjectionId> RateWeights<Real>::own() const {
  std::vector<ProjectionId> out;
  const auto& projections = engine_.circuit().projections();
  for (std::uint32_t j = 0; j < projections.size(); ++j) {
    const Projection& p = projections[j];
    const bool identity = p.topology == Topology::one_to_one && p.weights.is_identity() && !p.rule;
    // Of a view that follows the weights of others, how it deviates from them, once if several share it.
    const bool deviates = p.view && p.view->deviation && !p.view->shares_deviation_with;
    if (deviates || (!p.view && !identity)) out.push_back({j});
  }
  return out;
}

template <class Real>
std::vector<Parameter> RateWeights<Real>::parameters() const {
  const Circuit& c = engine_.circuit();
  std::vector<Parameter> out;
  for (const ProjectionId id : own()) {
    const Projection& j = c[id];
    const std::uint64_t post = c[j.to].size, pre = c[j.from].size;
    std::vector<std::uint64_t> shape{post, pre};
    if (j.topology == Topology::one_to_one) shape = {std::min(post, pre)};
    out.push_back({.name = j.view ? j.name + std::string(kDeviation) : j.name,
                   .shape = std::move(shape),
                   .from = c[j.from].name,
                   .to = c[j.to].name});
  }
  return out;
}

template <class Real>
std::vector<double> RateWeights<Real>::parameter(std::size_t index, std::size_t replica) const {
  const ProjectionId id = own().at(index);
  const Matrix<double> w = engine_.circuit()[id].view
                               ? engine_.network(replica).deviation(id, engine_.lane(replica))
                               : engine_.weights(id, replica);
  return {w.flat().begin(), w.flat().end()};
}

template <class Real>
bool RateWeights<Real>::can_do_without(std::string_view name) const {
  if (!name.ends_with(kDeviation)) return false;
  name.remove_suffix(kDeviation.size());
  const auto& projections = engine_.circuit().projections();
  return std::any_of(projections.begin(), projections.end(),
                     [&](const Projection& j) { return j.name == name; });
}

template <class Real>
void RateWeights<Real>::set_deviation(ProjectionId id, std::size_t replica,
                                      const std::vector<double>& numbers) {
  const auto& projections = engine_.circuit().projections();
  for (std::uint32_t j = 0; j < projections.size(); ++j) {
    const auto& view = projections[j].view;
    if (j != id.value && !(view && view->shares_deviation_with == id)) continue;
    rate::Network<Real>& network = engine_.network(replica);
    Matrix<double> deviation = network.deviation({j}, engine_.lane(replica));
    APICAL_CHECK(numbers.size() == deviation.size());
    std::copy(numbers.begin(), numbers.end(), deviation.flat().begin());
    network.set_deviation({j}, engine_.lane(replica), deviation);
  }
}

template <class Real>
void RateWeights<Real>::set_parameters(const std::vector<ParameterValues>& of_replicas) {
  const std::vector<ProjectionId> projections = own();
  const auto set = [&](bool derived) {
    for (std::size_t r = 0; r < engine_.replicas(); ++r) {
      for (const auto& [index, numbers] : of_replicas.at(r)) {
        const ProjectionId id = projections.at(index);
        if (engine_.circuit()[id].weights.derivation.has_value() != derived) continue;
        if (engine_.circuit()[id].view) {
          set_deviation(id, r, numbers);
          continue;
        }
        Matrix<double> w = engine_.weights(id, r);
        APICAL_CHECK(numbers.size() == w.size());
        std::copy(numbers.begin(), numbers.end(), w.flat().begin());
        engine_.set_weights(id, r, w);
      }
    }
  };
  set(false);
  engine_.derive_weights();
  set(true);
}

template class RateWeights<float>;
template class RateWeights<double>;

}  // namespace apical
