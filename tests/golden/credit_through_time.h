// SPDX-License-Identifier: Apache-2.0
// Replays "credit-through-time-golden/1": recurrent networks, circuits and closed loops whose exact gradient
// through time and online rules an independent program computed in float64. A value passes if |a-b| <= abs +
// rel |b| with the file's tolerance; angles within 1e-4 degrees.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "golden/golden.h"

namespace apical::golden {

void add_credit_through_time_formats(std::vector<Format>& list);

// One replay per kind of file.
Verdict replay_recurrent(const nlohmann::json& file);
Verdict replay_reward(const nlohmann::json& file);
Verdict replay_spiking_recurrent(const nlohmann::json& file);
Verdict replay_temporal_tasks(const nlohmann::json& file);
Verdict replay_circuit_through_time(const nlohmann::json& file);
Verdict replay_closed_loop(const nlohmann::json& file);

}  // namespace apical::golden
