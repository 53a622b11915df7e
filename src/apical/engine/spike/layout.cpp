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

/// Cuts a line of work into pieces; what comes next goes where its middle lies.
class Cutter {
 public:
  explicit Cutter(double total = 0) : total_(total) {}
  void expect(double work) { total_ += work; }
  std::size_t next(double work, std::size_t pieces) {
    const double middle = done_ + 0.5 * work;
    done_ += work;
    return std::min(pieces - 1, static_cast<std::size_t>(middle / total_ * static_cast<double>(pieces)));
  }

 private:
  double total_, done_ = 0;
};

}  // namespace

std::vector<GroupLayout> layout(const SpikingCircuit& description, std::size_t parts, RankPlace here) {
  std::array<Cutter, 2> by_rank;
  for (const NeuronGroup& g : description.groups)
    by_rank[is_deaf(description, g)].expect(work(description, g) * static_cast<double>(g.size));
  std::vector<std::array<Cutter, 2>> by_part(here.ranks);
  std::vector<GroupLayout> out;
  for (const NeuronGroup& g : description.groups) {
    const double of_one = work(description, g);
    GroupLayout group{.deaf = is_deaf(description, g), .blocks = {}, .boundaries = {}};
    for (std::size_t first = 0; first < g.size; first += kBlock) {
      BlockPlace block{static_cast<std::uint32_t>(first),
                       static_cast<std::uint32_t>(std::min(kBlock, g.size - first)), 0, 0};
      block.rank = by_rank[group.deaf].next(of_one * block.count, here.ranks);
      by_part[block.rank][group.deaf].expect(of_one * block.count);
      group.blocks.push_back(block);
    }
    out.push_back(std::move(group));
  }
  for (std::size_t g = 0; g < out.size(); ++g) {
    GroupLayout& group = out[g];
    const double of_one = work(description, description.groups[g]);
    std::uint32_t end = 0;  // of what this rank owns
    for (BlockPlace& block : group.blocks) {
      block.part = by_part[block.rank][group.deaf].next(of_one * block.count, parts);
      if (block.rank == here.rank) end = block.first + block.count;
    }
    group.boundaries.assign(parts + 1, end);
    for (const BlockPlace& block : group.blocks) {
      if (block.rank != here.rank) continue;
      for (std::size_t p = 0; p <= block.part; ++p)
        group.boundaries[p] = std::min(group.boundaries[p], block.first);
    }
    for (std::size_t p = parts; p-- > 0;)
      group.boundaries[p] = std::min(group.boundaries[p], group.boundaries[p + 1]);
  }
  return out;
}

}  // namespace apical::spike
