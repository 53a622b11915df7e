// SPDX-License-Identifier: Apache-2.0
// The microcircuit models once more, written as plain loops from their equations without any of the rate
// engine's notions: what the engine is checked against where no published trace exists.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>

namespace apical::golden {

/// Takes a "microcircuit-trace/1" without results (model, params, initial, inputs, targets, steps) and fills
/// in `recorded` and `weights`. Noise of `pal` comes from `noise_draws`; if there are none, from `normal`,
/// and `noise_draws` are filled in.
nlohmann::json stepped(nlohmann::json trace, const std::function<double()>& normal = {});

}  // namespace apical::golden
