// SPDX-License-Identifier: Apache-2.0
// What was measured in each area beside the angle, as figures of a report.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apical/analysis/measurement.h"
#include "apical/report/compose/report_data.h"

namespace apical {

/// Curves over epochs for each measure, one line per area. Left out where nothing was measured or nothing but
/// the trivial.
std::vector<FigureExtra> area_figures(std::span<const Measurement> measured, const std::string& label);

}  // namespace apical
