// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/engine.h"

#include <algorithm>

namespace apical::rate {
namespace {
/// Estimated time of a step in a layout whose vectors hold `neurons_per_vector` neurons of one replica, in
/// units of one vector of a sweep. Calls, element-wise vectors and sweeps weigh as measured
/// (rate_engine.bench.cpp) from 2-1 to 64-32-16-8-4 and 4-5-3 to 4-120-3: the estimates are within 30 % of
/// the times.
double estimated_step(const Circuit& circuit, std::size_t neurons_per_vector, double vector_cost) {
  constexpr double kCall = 14, kElementWise = 6;
  const auto vectors = [&](std::size_t n) {
    const std::size_t filled = (n + neurons_per_vector - 1) / neurons_per_vector;
    return static_cast<double>(filled);
  };
  double calls = 0, work = 0;
  for (const Population& p : circuit.populations()) {
    if (p.kind == Population::Kind::external) continue;
    calls += 1;
    work += kElementWise * vectors(p.size);
  }
  for (const Projection& j : circuit.projections()) {
    if (j.topology == Topology::one_to_one || (j.view && !j.view->deviation)) continue;
    const std::size_t pre = circuit[j.from].size, post = circuit[j.to].size;
    if (!j.view) calls += 1;
    work += static_cast<double>(std::min(pre, post)) * vectors(std::max(pre, post));
  }
  return kCall * calls + vector_cost * work;
}

/// Lanes pay where vectors along the neurons would be mostly padding and there are replicas to fill them.
/// They must be twice as fast on one thread, because wide replicas can be spread over threads, and the choice
/// may not depend on the number of threads: checkpoints go from one to another.
bool lanes_are_faster(const Circuit& circuit, std::size_t replicas, bool in_double) {
  const double vector = in_double ? 2 : 1;
  const double wide = static_cast<double>(replicas) * estimated_step(circuit, kBlock, vector);
  const std::size_t networks = (replicas + kLanes - 1) / kLanes;
  // A vector of lanes costs more: sums are not kept in registers, and the state is larger.
  return 2 * static_cast<double>(networks) * estimated_step(circuit, 1, 1.5 * vector) < wide;
}
}  // namespace

template <class Real>
RateEngine<Real>::RateEngine(Circuit circuit, std::vector<std::uint64_t> seeds, ThreadPool& pool,
                             EngineOptions options)
    : circuit_(std::make_unique<const Circuit>(std::move(circuit))),
      seeds_(std::move(seeds)),
      pool_(pool),
      in_turn_(options.sharing.ranks != nullptr) {
  circuit_->validate();
  if (seeds_.empty()) throw ConfigError("a run needs at least one seed");
  const bool lanes = chooses_lanes(*circuit_, seeds_.size(), options.layout);
  per_network_ = lanes ? kLanes : 1;
  // Several networks are spread over the threads; only a single one spreads its matrices.
  ThreadPool* for_matrices = seeds_.size() <= per_network_ || in_turn_ ? &pool_ : nullptr;
  for (std::size_t first = 0; first < seeds_.size(); first += per_network_) {
    const std::size_t count = std::min(per_network_, seeds_.size() - first);
    networks_.push_back(std::make_unique<Network<Real>>(*circuit_, std::span(seeds_).subspan(first, count),
                                                        lanes, options.all_quantities, for_matrices,
                                                        options.sharing));
  }
}

template <class Real>
bool RateEngine<Real>::chooses_lanes(const Circuit& circuit, std::size_t replicas, Layout layout) {
  return layout == Layout::lanes ||
         (layout == Layout::automatic && lanes_are_faster(circuit, replicas, sizeof(Real) == 8));
}

template <class Real>
void RateEngine<Real>::clear_external(PopulationId p) {
  for (auto& n : networks_) n->clear_external(p);
}

template <class Real>
void RateEngine<Real>::set_perturbations(const std::vector<Perturbation>& perturbations) {
  for (auto& n : networks_) n->set_perturbations(perturbations);
}

template <class Real>
void RateEngine<Real>::mark_event(Step at) {
  for (auto& n : networks_) n->mark_event(at);
}

template <class Real>
void RateEngine<Real>::refuse_after_fault() const {
  if (!fault_.empty()) throw Error(ExitCode::numerical_fault, "the state is not usable any more: " + fault_);
}

template <class Real>
void RateEngine<Real>::for_each_network(
    const std::function<void(Network<Real>&, std::size_t, std::size_t)>& f) {
  refuse_after_fault();
  const auto one = [&](std::size_t k) {
    f(*networks_[k], k * per_network_, std::min(per_network_, seeds_.size() - k * per_network_));
  };
  try {
    // A single network may use the pool itself, for its large matrices.
    if (networks_.size() == 1 || in_turn_) {
      for (std::size_t k = 0; k < networks_.size(); ++k) one(k);
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

template <class Real>
std::size_t RateEngine<Real>::own_bytes() const {
  std::size_t total = 0;
  for (const auto& n : networks_) total += n->own_bytes();
  return total;
}

template class RateEngine<float>;
template class RateEngine<double>;

}  // namespace apical::rate
