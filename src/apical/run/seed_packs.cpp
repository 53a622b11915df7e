// SPDX-License-Identifier: Apache-2.0
#include "apical/run/seed_packs.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/engine/rate/engine.h"
#include "apical/procedure/course_rounds.h"

namespace apical {
namespace {

/// Whether a network of so many replicas keeps them side by side, in lanes.
struct ChoosesLanes {
  const Experiment& e;
  std::size_t replicas;
  bool operator()(const Circuit& c) const {
    return e.double_precision ? rate::RateEngine<double>::chooses_lanes(c, replicas)
                              : rate::RateEngine<float>::chooses_lanes(c, replicas);
  }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

struct KeepsAllInItsState {
  bool operator()(const SpikingExperiment& s) const {
    return !s.course.protocol && !s.record.spikes && rounds_of(s.course).size() > 1;
  }
  template <class Other>
  bool operator()(const Other&) const {
    return true;
  }
};

bool can_be_divided(const Experiment& e) {
  return e.plan.patience == 0 && e.plan.minutes == 0 && e.recordings.empty() && e.continue_from.empty() &&
         e.part_of.empty() && std::visit(KeepsAllInItsState{}, e.subject);
}

}  // namespace

std::vector<std::vector<std::uint64_t>> seed_packs(const Experiment& e, std::size_t seeds) {
  if (!can_be_divided(e)) return {e.seeds};
  const auto in_lanes = [&](std::size_t replicas) {
    return std::visit(ChoosesLanes{e, replicas}, e.subject);
  };
  const bool all_in_lanes = in_lanes(e.seeds.size());
  const std::size_t unit = all_in_lanes ? rate::kLanes : 1;
  const std::size_t each = (std::max<std::size_t>(seeds, 1) + unit - 1) / unit * unit;
  std::vector<std::vector<std::uint64_t>> packs;
  for (std::size_t first = 0; first < e.seeds.size(); first += each) {
    const std::size_t count = std::min(each, e.seeds.size() - first);
    const auto begin = e.seeds.begin() + static_cast<std::ptrdiff_t>(first);
    packs.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(count));
  }
  const auto alike = [&](std::size_t replicas) { return in_lanes(replicas) == all_in_lanes; };
  // A last pack that is small would be laid out in another way.
  if (packs.size() > 1 && !alike(packs.back().size())) {
    packs[packs.size() - 2].insert(packs[packs.size() - 2].end(), packs.back().begin(), packs.back().end());
    packs.pop_back();
  }
  for (const auto& pack : packs) {
    if (!alike(pack.size())) return {e.seeds};
  }
  return packs;
}

Experiment part_of(const Experiment& e, const std::vector<std::uint64_t>& seeds) {
  if (seeds == e.seeds) return e;
  TomlDocument document = TomlDocument::parse(e.resolved, fmt::format("<{}>", e.label));
  document.set(fmt::format("run.seeds=[{}]", fmt::join(seeds, ", ")));
  document.set(fmt::format("run.part_of=[{}]", fmt::join(e.seeds, ", ")));
  Experiment part = read_experiment(document);
  part.sweep = e.sweep;
  return part;
}

}  // namespace apical
