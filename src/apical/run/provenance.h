// SPDX-License-Identifier: Apache-2.0
// What made a run: program, machine, time.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace apical {

/// "2026-11-22T08:05:28Z".
std::string utc_now();
/// Members apical, machine and created of a manifest.
void add_provenance(nlohmann::json& manifest, std::size_t threads);

}  // namespace apical
