// SPDX-License-Identifier: Apache-2.0
// report.html of a spiking run: what was asked, headline measures with their intervals, rasters, activity
// over time, and the model's own figures.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "apical/analysis/curves.h"
#include "apical/analysis/measurement.h"
#include "apical/experiment/spiking_experiment.h"
#include "apical/report/compose/report_data.h"
#include "apical/run/spiking_results.h"

namespace apical {

struct SpikingReportData {
  SpikingExperiment experiment;
  std::vector<Measurement> measured;
  std::vector<SeedResults> results;  ///< empty while the run goes on
  double wall_seconds = 0;           ///< 0: not finished
  std::vector<std::pair<std::string, std::string>> provenance;
  std::string reproduces;
  std::vector<ExpectedFigure> expectations;
};

/// A self-contained page, well-formed as XML too. The same data give the same bytes.
std::string render_spiking_report(const SpikingReportData& data);

/// The headline measures as rows of text; the first row is the heading.
std::vector<std::vector<std::string>> headline_table(const SpikingExperiment& experiment,
                                                     const std::vector<Measurement>& measured);

/// Writes report.html of a run of a spiking experiment again from its files; returns its path.
io::Path write_spiking_report(const io::Path& run);

}  // namespace apical
