// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace apical::cli {

/// One line.
std::string version_text();
/// With all that may matter to whoever installs it or is told of a defect: how it was built, with what.
nlohmann::json version_json();

}  // namespace apical::cli
