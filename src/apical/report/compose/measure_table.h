// SPDX-License-Identifier: Apache-2.0
// What a run wants to be shown of its measures, as rows of text: the same on a page and in a terminal.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apical/analysis/display.h"
#include "apical/analysis/measurement.h"

namespace apical {

/// "0.98 Hz [0.97, 0.99]", "–" if it was not measured, and a word if a seed has no finite value. Of the
/// catalogue's metrics in the way of their rows, of others under the run's own unit.
std::string measure_text(const Display& display, const Display::Headline& headline,
                         const std::vector<SeedValue>& values);

/// A row for each headline that was measured: before training too, if it was measured twice. The first row is
/// the heading.
std::vector<std::vector<std::string>> measure_table(const Display& display,
                                                    std::span<const Measurement> measured);

}  // namespace apical
