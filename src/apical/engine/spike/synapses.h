// SPDX-License-Identifier: Apache-2.0
// The synapses of one connection: sorted by source, then target. Delivery is event driven and split by
// target, so that threads never write to the same neuron and each neuron's sums have one order whatever the
// number of threads. A rank has those onto its own targets; drawn numbers have the address of a synapse among
// all, so that each is the same wherever it lies.
//
// Bytes per synapse (float, groups below 65536 neurons): 2 with one common weight, 6 with a list of weights,
// 12 plastic (target, weight, and the way back from the target: synapse and source). Larger groups: 4, 8
// and 16.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "apical/circuit/spiking_circuit.h"
#include "apical/core/matrix.h"

namespace apical::spike {

template <class T>
struct Bounds {
  T low, high;
};

template <class T>
class Synapses {
 public:
  /// `boundaries` cuts the targets into parts: part p holds targets [boundaries[p], boundaries[p+1]). What
  /// lies before the first and behind the last is another rank's.
  Synapses(const Connection& connection, std::size_t sources, std::size_t targets, std::uint64_t seed,
           std::uint32_t number, std::vector<std::uint32_t> boundaries);

  std::size_t count() const { return count_; }
  std::size_t bytes() const;
  std::size_t out_degree(std::uint32_t source) const;
  std::size_t sources() const { return sources_; }
  /// Synapses of all ranks, and the position among them of the first that `source` has here.
  std::uint64_t count_of_all() const { return all_; }
  std::uint64_t first_among_all(std::uint32_t source) const {
    return first_among_all_.empty() ? first(source) : first_among_all_[source];
  }
  /// Position of the first synapse of `source` here.
  std::size_t first(std::uint32_t source) const {
    return row_start_[static_cast<std::size_t>(source) * parts_];
  }

  /// Asks for the rows deliver() will read: they are scattered over more memory than the near caches hold.
  void prefetch(std::size_t part, std::uint32_t source) const noexcept;
  /// conductance[target] += weight * factor for the synapses of `source` in one part; returns their number.
  std::size_t deliver(std::size_t part, std::uint32_t source, T factor, T* conductance) const;

  /// w += factor * per_target[target] for the synapses of `source` in one part, clipped to the bounds.
  void add_per_target(std::size_t part, std::uint32_t source, T factor, const T* per_target,
                      Bounds<T> bounds);
  /// w += factor * per_source[source] for all synapses onto `target`, clipped to the bounds.
  void add_per_source(std::uint32_t target, T factor, const T* per_source, Bounds<T> bounds);

  bool plastic() const { return plastic_; }
  /// Whether each synapse has a weight of its own.
  bool has_own_weights() const { return own_weights_; }
  /// One weight per synapse in the order of pairs(); a single one if all share it.
  std::span<const T> weights() const { return weights_; }
  void set_weights(std::span<const T> weights);
  /// Its own of the weights of all ranks, in the order of all.
  void take_own(std::span<const T> all);
  /// (source, target) of every synapse, in storage order.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs() const;

  template <class Archive>
  void visit_state(Archive& a, const std::string& prefix) {
    a(prefix + "weights", weights_);
  }

 private:
  template <class Index>
  struct Tables {
    AlignedBuffer<Index> targets;          ///< by source, then ascending
    AlignedBuffer<Index> incoming_source;  ///< plastic: by target, then ascending source
  };

  template <class Index>
  void build(const std::vector<std::vector<std::uint32_t>>& rows, Tables<Index>& tables);
  void keep_own(std::vector<std::uint32_t>& row);
  std::pair<std::size_t, std::size_t> row(std::size_t part, std::uint32_t source) const {
    const std::size_t at = static_cast<std::size_t>(source) * parts_ + part;
    return {row_start_[at], row_start_[at + 1]};
  }

  std::size_t sources_, targets_, parts_, count_ = 0;
  std::uint64_t all_ = 0;
  bool plastic_, own_weights_ = false;
  std::vector<std::uint32_t> boundaries_;
  std::vector<std::uint64_t> first_among_all_;  ///< by source; empty if all are here
  std::vector<std::uint32_t> row_start_;        ///< by source and part
  std::variant<Tables<std::uint16_t>, Tables<std::uint32_t>> tables_;
  AlignedBuffer<T> weights_;
  std::vector<std::uint32_t> column_start_;        ///< plastic: by target
  AlignedBuffer<std::uint32_t> incoming_synapse_;  ///< plastic: positions in weights_
};

}  // namespace apical::spike
