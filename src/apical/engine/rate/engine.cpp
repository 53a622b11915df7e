// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/engine.h"

#include <algorithm>

namespace apical::rate {
namespace {
/// Lanes pay where vectors along the neurons would be mostly padding and there are replicas to fill them.
bool lanes_are_faster(const Circuit& circuit, std::size_t replicas) {
  constexpr std::size_t kSmallCircuit = 1500;  // synapses; measured crossover, see rate.bench.cpp
  return replicas >= 4 && circuit.synapse_count() <= kSmallCircuit;
}
}  // namespace

template <class Real>
RateEngine<Real>::RateEngine(Circuit circuit, std::vector<std::uint64_t> seeds, ThreadPool& pool, EngineOptions options)
    : circuit_(std::make_unique<const Circuit>(std::move(circuit))), seeds_(std::move(seeds)), pool_(pool) {
  circuit_->validate();
  if (seeds_.empty()) throw ConfigError("a run needs at least one seed");
  const bool lanes = chooses_lanes(*circuit_, seeds_.size(), options.layout);
  per_network_ = lanes ? kLanes : 1;
  // Several networks are spread over the threads; only a single one spreads its matrices.
  ThreadPool* for_matrices = seeds_.size() <= per_network_ ? &pool_ : nullptr;
  for (std::size_t first = 0; first < seeds_.size(); first += per_network_) {
    const std::size_t count = std::min(per_network_, seeds_.size() - first);
    networks_.push_back(std::make_unique<Network<Real>>(*circuit_, std::span(seeds_).subspan(first, count), lanes,
                                                        options.all_quantities, for_matrices));
  }
}

template <class Real>
bool RateEngine<Real>::chooses_lanes(const Circuit& circuit, std::size_t replicas, Layout layout) {
  return layout == Layout::lanes || (layout == Layout::automatic && lanes_are_faster(circuit, replicas));
}

template <class Real>
void RateEngine<Real>::clear_external(PopulationId p) {
  for (auto& n : networks_) n->clear_external(p);
}

template <class Real>
void RateEngine<Real>::refuse_after_fault() const {
  if (!fault_.empty()) throw Error(ExitCode::numerical_fault, "the state is not usable any more: " + fault_);
}

template <class Real>
void RateEngine<Real>::for_each_network(const std::function<void(Network<Real>&, std::size_t, std::size_t)>& f) {
  refuse_after_fault();
  const auto one = [&](std::size_t k) {
    f(*networks_[k], k * per_network_, std::min(per_network_, seeds_.size() - k * per_network_));
  };
  try {
    // A single network may use the pool itself, for its large matrices.
    if (networks_.size() == 1) {
      one(0);
    } else {
      pool_.run(networks_.size(), one);
    }
  } catch (const NumericalFault& e) {
    fault_ = e.what();
    throw;
  }
}

template <class Real>
void RateEngine<Real>::advance(Step steps, const Learning& learning) {
  for_each_network([&](Network<Real>& n, std::size_t, std::size_t) { n.advance(steps, learning); });
}

template <class Real>
void RateEngine<Real>::scale_learning(double factor) {
  for (std::uint32_t k = 0; k < circuit_->projections().size(); ++k) {
    const Projection& j = circuit_->projections()[k];
    if (!j.rule) continue;
    for (auto& n : networks_) n->set_eta({k}, j.rule->eta * factor);
  }
}

template <class Real>
void RateEngine<Real>::check_finite() const {
  for (const auto& n : networks_) n->check_finite();
}

template <class Real>
std::size_t RateEngine<Real>::bytes() const {
  std::size_t total = 0;
  for (const auto& n : networks_) total += n->bytes();
  return total;
}

template class RateEngine<float>;
template class RateEngine<double>;

}  // namespace apical::rate
