// SPDX-License-Identifier: Apache-2.0
// The parts of a report. Each shows what it has something of and leaves nothing behind if it has not; the
// order of the page is the list in compose/report.cpp.
#pragma once

#include "apical/report/compose/report_data.h"
#include "apical/report/html/page.h"

namespace apical::sections {

void heading(const ReportData& data, Page& page);
void warnings(const ReportData& data, Page& page);
void sweep(const ReportData& data, Page& page);
void grid(const ReportData& data, Page& page);            ///< final figures over what was swept
void answer(const ReportData& data, Page& page);          ///< of a single run: how it learned
void results(const ReportData& data, Page& page);         ///< a row for each model
void course_table(const ReportData& data, Page& page);    ///< a row for each measure that a run displays
void contrasts(const ReportData& data, Page& page);       ///< of a protocol's conditions with its control
void expectations(const ReportData& data, Page& page);    ///< beside a published figure
void pictures(const ReportData& data, Page& page);        ///< what an output looks like
void final_dots(const ReportData& data, Page& page);      ///< the last test of every seed
void course_dots(const ReportData& data, Page& page);     ///< measures side by side
void contrast_dots(const ReportData& data, Page& page);   ///< where predictions part
void responses(const ReportData& data, Page& page);       ///< averaged over trials, under each condition
void weight_change(const ReportData& data, Page& page);   ///< of one synapse, over what a protocol varies
void training(const ReportData& data, Page& page);        ///< metrics over training
void course_figures(const ReportData& data, Page& page);  ///< measures over training, or phase by phase
void alignment(const ReportData& data, Page& page);       ///< angles to the exact gradient
void areas(const ReportData& data, Page& page);           ///< what else was measured in each area
void rasters(const ReportData& data, Page& page);         ///< of a single run
void recordings(const ReportData& data, Page& page);      ///< variables that were asked for, of a single run
void activity(const ReportData& data, Page& page);        ///< over time, of a single run
void circuits(const ReportData& data, Page& page);
void costs(const ReportData& data, Page& page);
void needs(const ReportData& data, Page& page);
void efficiency(const ReportData& data, Page& page);  ///< accuracy over time and synaptic events
void method(const ReportData& data, Page& page);
void settings(const ReportData& data, Page& page);
void citations(const ReportData& data, Page& page);

}  // namespace apical::sections
