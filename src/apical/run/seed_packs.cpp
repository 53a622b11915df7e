// SPDX-License-Identifier: Apache-2.0
#include "apical/run/seed_packs.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/engine/rate/engine.h"
#include "apical/procedure/course_rounds.h"

namespace apical {
namespace {

/// Whether networks of so many replicas are laid out like those of all together.
struct LaysOutAlike {
  const Experiment& e;
  std::size_t all;
  bool operator()(const Circuit& c, std::size_t replicas) const {
    return e.double_precision ? alike<double>(c, replicas) : alike<float>(c, replicas);
  }
  template <class Other>
  bool operator()(const Other&, std::size_t) const {
    return true;
  }

 private:
  template <class Real>
  bool alike(const Circuit& c, std::size_t replicas) const {
    using Engine = rate::RateEngine<Real>;
    return Engine::chooses_lanes(c, replicas) == Engine::chooses_lanes(c, all);
  }
};

/// Replicas that share a network.
struct ReplicasPerNetwork {
  const Experiment& e;
  std::size_t operator()(const Circuit& c) const {
    const bool lanes = e.double_precision ? rate::RateEngine<double>::chooses_lanes(c, e.seeds.size())
                                          : rate::RateEngine<float>::chooses_lanes(c, e.seeds.size());
    return lanes ? rate::kLanes : 1;
  }
  template <class Other>
  std::size_t operator()(const Other&) const {
    return 1;
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
  const std::size_t unit = std::visit(ReplicasPerNetwork{e}, e.subject);
  const std::size_t each = (std::max<std::size_t>(seeds, 1) + unit - 1) / unit * unit;
  std::vector<std::vector<std::uint64_t>> packs;
  for (std::size_t first = 0; first < e.seeds.size(); first += each) {
    const std::size_t count = std::min(each, e.seeds.size() - first);
    const auto begin = e.seeds.begin() + static_cast<std::ptrdiff_t>(first);
    packs.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(count));
  }
  const auto alike = [&](std::size_t replicas) {
    return std::visit(
        [&](const auto& subject) {
          return LaysOutAlike{e, e.seeds.size()}(subject, replicas);
        },
        e.subject);
  };
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
