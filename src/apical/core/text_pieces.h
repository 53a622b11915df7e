// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace apical {

/// What stands before, between and after the separators of a list, empty pieces too.
std::vector<std::string> pieces_of(const std::string& text, char separator);

}  // namespace apical
