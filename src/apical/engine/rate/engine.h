// SPDX-License-Identifier: Apache-2.0
// Runs replicas of a circuit, one per seed, side by side. A replica's numbers depend on the circuit and its
// seed alone: not on how many others run with it, in which layout, or on how many threads.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/core/threads.h"
#include "apical/engine/rate/network.h"

namespace apical::rate {

/// How replicas lie in memory; `automatic` takes what is faster for the circuit's size. Same bits in all.
enum class Layout { automatic, wide, lanes };

struct EngineOptions {
  Layout layout = Layout::automatic;
  bool all_quantities = false;  ///< also compute what only a recording reads
  Sharing sharing = {};         ///< each replica by ranks, one replica after the other
};

template <class Real>
class RateEngine {
 public:
  /// Validates the circuit (ConfigError). `pool` must outlive the engine.
  RateEngine(Circuit circuit, std::vector<std::uint64_t> seeds, ThreadPool& pool, EngineOptions options = {});

  /// Whether so many replicas would run in lanes; for estimates before anything is built.
  static bool chooses_lanes(const Circuit& circuit, std::size_t replicas, Layout layout = Layout::automatic);

  const Circuit& circuit() const { return *circuit_; }
  std::size_t replicas() const { return seeds_.size(); }
  std::span<const std::uint64_t> seeds() const { return seeds_; }
  Step step() const { return networks_.front()->step(); }
  double time_ms() const { return static_cast<double>(step()) * circuit_->dt_ms; }

  /// The value of an external population from the next step on, until set again or cleared. `values` is
  /// double or float, one per neuron.
  template <class Value>
  void set_external(PopulationId p, std::size_t replica, std::span<const Value> values) {
    network(replica).set_external(p, lane(replica), values);
  }
  /// Absent in all replicas.
  void clear_external(PopulationId p);

  /// From now on, in all replicas, until others take their place; see perturbation.h. ConfigError.
  void set_perturbations(const std::vector<Perturbation>& perturbations);
  /// Perturbations count their steps from `at`, in all replicas.
  void mark_event(Step at);

  /// `steps` Euler steps. Throws NumericalFault; afterwards the engine refuses to go on.
  void advance(Step steps, const Learning& learning = {});
  /// Each replica in turn through a program of its own: f(replicas of one network) is called once per
  /// network, in parallel over networks, and may use that network's replicas only.
  void for_each_network(
      const std::function<void(Network<Real>&, std::size_t first_replica, std::size_t count)>& f);

  void read(PopulationId p, std::string_view variable, std::size_t replica, std::span<double> out) {
    network(replica).read(p, variable, lane(replica), out);
  }
  void write(PopulationId p, std::string_view variable, std::size_t replica, std::span<const double> values) {
    network(replica).write(p, variable, lane(replica), values);
  }
  void set_soma(PopulationId p, std::size_t replica, std::span<const double> now,
                std::span<const double> before) {
    network(replica).set_soma(p, lane(replica), now, before);
  }
  void reset_soma(PopulationId p, std::size_t replica, std::span<const double> now) {
    network(replica).reset_soma(p, lane(replica), now);
  }
  Matrix<double> weights(ProjectionId j, std::size_t replica) const {
    return network(replica).weights(j, lane(replica));
  }
  void set_weights(ProjectionId j, std::size_t replica, const Matrix<double>& w) {
    network(replica).set_weights(j, lane(replica), w);
  }
  /// Computes anew what is initialised from the weights of other projections, before anything was learned.
  void derive_weights() {
    for (auto& network : networks_) network->derive_weights();
  }
  void credit(ProjectionId j, std::size_t replica, std::span<double> post, std::span<double> pre) const {
    network(replica).credit(j, lane(replica), post, pre);
  }
  /// Multiplies every rule's eta, relative to the circuit's.
  void scale_learning(double factor);

  void check_finite() const;
  /// Of the whole; and of what is here, if ranks share it.
  std::size_t bytes() const;
  std::size_t own_bytes() const;
  /// Weights and deviations that a step with learning reads and writes, all replicas.
  std::size_t bytes_per_step() const { return networks_.size() * networks_.front()->bytes_per_step(); }
  std::size_t bytes_written_per_step() const {
    return networks_.size() * networks_.front()->bytes_written_per_step();
  }
  bool uses_lanes() const { return networks_.front()->uses_lanes(); }
  /// Whether a second thread would have anything to do.
  bool uses_threads() const { return networks_.size() > 1 || networks_.front()->splits_matrices(); }

  Network<Real>& network(std::size_t replica) { return *networks_[replica / per_network_]; }
  const Network<Real>& network(std::size_t replica) const { return *networks_[replica / per_network_]; }
  std::size_t lane(std::size_t replica) const { return replica % per_network_; }

  template <class Archive>
  void visit_state(Archive& a) {
    for (std::size_t k = 0; k < networks_.size(); ++k) {
      a.section("network" + std::to_string(k), [&] { networks_[k]->visit_state(a); });
    }
  }

 private:
  void refuse_after_fault() const;

  std::unique_ptr<const Circuit> circuit_;
  std::vector<std::uint64_t> seeds_;
  ThreadPool& pool_;
  bool in_turn_ = false;
  std::size_t per_network_ = 1;
  std::vector<std::unique_ptr<Network<Real>>> networks_;
  std::string fault_;
};

}  // namespace apical::rate
