// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/spike/layout.h"

#include <algorithm>
#include <array>

#include "apical/engine/spike/neuron_kernels.h"

namespace apical::spike {
namespace {

static_assert(kLargestGroup == 65536 * kBlock, "the number of a block must fit 16 bits");

bool is_deaf(const SpikingCircuit& d, const NeuronGroup& group) {
  return has_membrane(group.model) &&
         std::none_of(d.connections.begin(), d.connections.end(),
                      [&](const Connection& c) { return c.target == group.name; });
}

/// Time a neuron takes, in units of its membrane's: a background spike costs as much as about four.
double work(const SpikingCircuit& d, const NeuronGroup& group) {
  if (!has_membrane(group.model)) return 0.05;
  double spikes_per_step = 0;
  for (const Background& b : d.background) spikes_per_step += b.target == group.name ? b.rate_Hz * d.dt_s : 0;
  return 1 + 4 * spikes_per_step;
}

}  // namespace

std::vector<GroupLayout> layout(const SpikingCircuit& description, std::size_t parts) {
  std::array<double, 2> total{}, done{};
  for (const NeuronGroup& g : description.groups)
    total[is_deaf(description, g)] += work(description, g) * static_cast<double>(g.size);
  std::vector<GroupLayout> out;
  for (const NeuronGroup& g : description.groups) {
    const double of_one = work(description, g);
    GroupLayout group{.deaf = is_deaf(description, g), .blocks = {}, .boundaries = {}};
    group.boundaries.assign(parts + 1, static_cast<std::uint32_t>(g.size));
    group.boundaries[0] = 0;
    for (std::size_t first = 0; first < g.size; first += kBlock) {
      BlockPlace block{static_cast<std::uint32_t>(first),
                       static_cast<std::uint32_t>(std::min(kBlock, g.size - first)), 0};
      const double middle = done[group.deaf] + 0.5 * of_one * block.count;
      block.part = std::min(
          parts - 1, static_cast<std::size_t>(middle / total[group.deaf] * static_cast<double>(parts)));
      done[group.deaf] += of_one * block.count;
      for (std::size_t p = 1; p <= block.part; ++p)
        group.boundaries[p] = std::min(group.boundaries[p], block.first);
      group.blocks.push_back(block);
    }
    for (std::size_t p = parts; p-- > 1;)
      group.boundaries[p] = std::min(group.boundaries[p], group.boundaries[p + 1]);
    out.push_back(std::move(group));
  }
  return out;
}

}  // namespace apical::spike
