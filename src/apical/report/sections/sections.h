// SPDX-License-Identifier: Apache-2.0
// The parts of a report. Each shows what it has something of and leaves nothing behind if it has not; the
// order of the page is the list in compose/report.cpp.
#pragma once

#include "apical/report/compose/report_data.h"
#include "apical/report/html/page.h"

namespace apical::sections {

void heading(const ReportData& data, Page& page);
void warnings(const ReportData& data, Page& page);
void sweep(const ReportData& data, Page& page);         ///< final figures over what was swept
void results(const ReportData& data, Page& page);       ///< a row for each model
void expectations(const ReportData& data, Page& page);  ///< beside a published figure
void pictures(const ReportData& data, Page& page);      ///< what an output looks like
void final_dots(const ReportData& data, Page& page);    ///< the last test of every seed
void training(const ReportData& data, Page& page);      ///< metrics over training
void alignment(const ReportData& data, Page& page);     ///< angles to the exact gradient
void areas(const ReportData& data, Page& page);         ///< what else was measured in each area
void circuits(const ReportData& data, Page& page);
void costs(const ReportData& data, Page& page);
void needs(const ReportData& data, Page& page);
void further(const ReportData& data, Page& page);  ///< accuracy over time and synaptic events
void method(const ReportData& data, Page& page);
void settings(const ReportData& data, Page& page);
void citations(const ReportData& data, Page& page);

}  // namespace apical::sections
