// SPDX-License-Identifier: Apache-2.0
// A figure as a file of its own, for articles.
#pragma once

#include <string>

#include "apical/report/plot/figure.h"

namespace apical {

/// SVG on white paper, `width_mm` wide, texts of 7 points. It holds its style, without variables, which many
/// programs do not know. Empty if there is nothing to draw.
std::string svg_file(const Figure& figure, double width_mm);

}  // namespace apical
