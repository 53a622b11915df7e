// SPDX-License-Identifier: Apache-2.0
// What probes of all models share: which trainings there are, and what is told of tests.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "apical/experiment/protocol.h"
#include "apical/run/probe_session.h"
#include "apical/run/probe_state.h"

namespace apical {

/// How the model learns, and which of its epochs are probed.
struct Schooling {
  const Condition* disturbed_by = nullptr;
  std::vector<std::size_t> epochs;  ///< rising
};

inline std::vector<Schooling> schoolings_of(const Protocol& p) {
  const std::set<std::size_t> probed(p.epochs.begin(), p.epochs.end());
  std::vector<Schooling> all{{nullptr, {probed.begin(), probed.end()}}};
  for (const Condition& c : p.conditions) {
    if (!c.in_training()) continue;
    Schooling s{&c, {probed.begin(), probed.end()}};
    std::erase(s.epochs, 0);  // nothing has acted yet
    all.push_back(std::move(s));
  }
  std::erase_if(all, [](const Schooling& s) { return s.epochs.empty(); });
  return all;
}

/// Rows whose place is "test, CONDITION".
inline void tell(const Tested& t, const std::vector<std::uint64_t>& seeds, Listener& listener) {
  for (std::size_t r = 0; r < t.values.size(); ++r) {
    listener.on(
        Measurement{static_cast<double>(t.epochs), "test, " + t.condition, t.metric, seeds[r], t.values[r]});
  }
}

std::unique_ptr<ProbeSession> make_rate_probe(const ProbedModel& model, const Resources& resources);
std::unique_ptr<ProbeSession> make_spiking_probe(const ProbedModel& model, const Resources& resources);

}  // namespace apical
