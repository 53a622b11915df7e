// SPDX-License-Identifier: Apache-2.0
// Options as lines and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "apical/core/fields.h"

namespace apical::cli {

/// "    sigma                    width of the noise; more than 0 (default 0.5 mV; A Paper 2020)\n"
/// In a terminal of so many columns; 0: as long as it is.
std::string line_of(const FieldInfo& f, std::size_t columns = 0);
/// name, type, default, unit, meaning, choices, expected, source
nlohmann::json json_of(const FieldInfo& f);

}  // namespace apical::cli
