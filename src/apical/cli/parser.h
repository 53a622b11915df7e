// SPDX-License-Identifier: Apache-2.0
// Command lines against an option table.
#pragma once

#include "apical/cli/command.h"

namespace apical::cli {

/// UsageError with the nearest option for an unknown one, a missing value, or too many or few positionals.
Arguments parse(const Command& command, const std::vector<std::string>& arguments);

}  // namespace apical::cli
