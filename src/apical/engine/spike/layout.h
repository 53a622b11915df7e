// SPDX-License-Identifier: Apache-2.0
// Which thread owns which neurons of a spiking network. Bits do not depend on it, speed does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "apical/circuit/spiking_circuit.h"

namespace apical::spike {

/// Neurons first ... first + count - 1 of a group, at most kBlock, and the part that owns them.
struct BlockPlace {
  std::uint32_t first, count;
  std::size_t part;
};

struct GroupLayout {
  bool deaf = false;  ///< no connection acts on it, so it need not wait for anybody
  std::vector<BlockPlace> blocks;
  std::vector<std::uint32_t> boundaries;  ///< part p owns neurons boundaries[p] ... boundaries[p + 1] - 1
};

/// One entry per group. Each part takes a contiguous run of about equal work (a membrane and its background),
/// once of the deaf groups and once of the others, since only these meet after every step.
std::vector<GroupLayout> layout(const SpikingCircuit& description, std::size_t parts);

}  // namespace apical::spike
