// SPDX-License-Identifier: Apache-2.0
// report.html: one page that opens offline and says what was run, what came out, how sure that is, and how it
// was measured.
#pragma once

#include <string>

#include "apical/report/compose/report_data.h"
#include "apical/report/html/page.h"

namespace apical {

/// The page before it is text, with its figures as values.
/// \throws ConfigError if two models share a label.
Page page_of(const ReportData& data);
/// A self-contained page, well-formed as XML too. The same data give the same bytes.
/// \throws ConfigError if two models share a label.
std::string render_report(const ReportData& data);

}  // namespace apical
