// SPDX-License-Identifier: Apache-2.0
// What the numbers say, in sentences, and what a reader must be warned of.
#pragma once

#include <string>
#include <vector>

#include "apical/report/compose/report_data.h"

namespace apical {

/// One paragraph; empty if nothing by which models are compared was measured.
std::string summary_sentences(const ReportData& data);

/// The runs' own warnings and those that follow from the numbers: "label: what is wrong".
std::vector<std::string> all_warnings(const ReportData& data);

}  // namespace apical
