// SPDX-License-Identifier: Apache-2.0
// Names with '*' for any characters, also none: by them populations, projections and metrics are chosen.
#pragma once

#include <string_view>

namespace apical {

bool matches(std::string_view pattern, std::string_view name);

}  // namespace apical
