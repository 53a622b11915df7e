// SPDX-License-Identifier: Apache-2.0
// Which rank and which of its threads own which neurons of a spiking network. Bits do not depend on it, speed
// and memory do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "apical/circuit/spiking_circuit.h"
#include "apical/core/rank_place.h"

namespace apical::spike {

/// Neurons first ... first + count - 1 of a group, at most kBlock, the rank that owns them, and the part of
/// every rank that owns them or follows what they do.
struct BlockPlace {
  std::uint32_t first, count;
  std::size_t rank, part;
};

struct GroupLayout {
  bool deaf = false;  ///< no connection acts on it, so it need not wait for anybody
  std::vector<BlockPlace> blocks;
  /// Of this rank: part p owns neurons boundaries[p] ... boundaries[p + 1] - 1.
  std::vector<std::uint32_t> boundaries;
  bool owns(std::uint32_t neuron) const { return neuron >= boundaries.front() && neuron < boundaries.back(); }
};

/// One entry per group, as `here` sees it. Each rank takes a contiguous run of about equal work (a membrane
/// and its background), and of that each part, once of the deaf groups and once of the others, since only
/// these meet after every step.
std::vector<GroupLayout> layout(const SpikingCircuit& description, std::size_t parts, RankPlace here = {});

}  // namespace apical::spike
