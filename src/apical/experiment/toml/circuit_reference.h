// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace apical {

/// The options of populations, projections and their parts as tables in Markdown.
std::string circuit_reference();

}  // namespace apical
