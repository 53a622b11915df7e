// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/look.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace apical {

std::string colour_name(std::size_t style, bool principal, std::optional<double> shade) {
  if (principal) return "ink";
  if (shade) return fmt::format("v{}", static_cast<int>(std::lround(8 * std::clamp(*shade, 0.0, 1.0))));
  return fmt::format("p{}", style % 7);
}

std::string dash_name(std::size_t style) { return fmt::format("d{}", style % 5); }

std::size_t marker_of(std::size_t style) { return style % 8; }

}  // namespace apical
