// SPDX-License-Identifier: Apache-2.0
// Options as lines and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "apical/core/fields.h"

namespace apical::cli {

/// "    sigma                    width of the noise; more than 0 (default 0.5 mV; A Paper 2020)\n"
std::string line_of(const FieldInfo& f);
/// name, type, default, unit, meaning, choices, expected, source
nlohmann::json json_of(const FieldInfo& f);

}  // namespace apical::cli
