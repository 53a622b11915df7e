// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/presentation.h"

#include <algorithm>
#include <cmath>

namespace apical {
namespace {

/// Per population, the longest way from the stimulus along forward projections; 0 where there is none.
std::vector<std::size_t> depths(const Circuit& c) {
  std::vector<std::size_t> depth(c.populations().size(), 0);
  if (!c.stimulus()) return depth;
  // A loop would lengthen its ways for ever; no way without one is longer than there are populations.
  for (std::size_t round = 0; round <= c.populations().size(); ++round) {
    for (const Projection& j : c.projections()) {
      if (j.pathway != Pathway::forward || j.view || j.to == j.from) continue;
      if (j.from != *c.stimulus() && depth[j.from.value] == 0) continue;
      depth[j.to.value] = std::max(depth[j.to.value], std::min(depth[j.from.value] + 1, c.populations().size()));
    }
  }
  return depth;
}

}  // namespace

std::vector<PopulationId> forward_path(const Circuit& c) {
  const std::vector<std::size_t> depth = depths(c);
  std::vector<PopulationId> path;
  for (std::uint32_t p = 0; p < depth.size(); ++p) {
    if (depth[p] > 0 && c.populations()[p].kind == Population::Kind::neurons) path.push_back({p});
  }
  return path;
}

std::size_t forward_depth(const Circuit& c) { return c.readout() ? depths(c)[c.readout()->value] : 0; }

std::int64_t steps_of(const Dataset& data, SplitName split, const Presentation& presentation, double dt_ms) {
  if (split != SplitName::train && data.closed_loop) {
    return presentation.steps_per_control * data.closed_loop->stretches * data.closed_loop->control_steps;
  }
  const Split& s = split_of(data, split);
  const auto samples = static_cast<std::int64_t>(s.size());
  std::int64_t steps = samples * presentation.further_steps();
  if (!data.is_sequence()) return steps + samples * std::llround(presentation.presentation_ms / dt_ms);
  for (const InputSequence& course : s.sequences) steps += course.steps();
  return steps;
}

}  // namespace apical
