// SPDX-License-Identifier: Apache-2.0
// What a report is made of: plain values, as run directories tell them, for one run, several compared, or a
// protocol. Means, intervals, gaps and words are derived from the seeds' values when the page is rendered, so
// a report cannot contradict its run. Nothing here says which kind of experiment it was: what is empty is not
// shown.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apical/analysis/display.h"
#include "apical/analysis/ingredients.h"
#include "apical/analysis/measurement.h"
#include "apical/core/equal_messages.h"
#include "apical/procedure/course_drives.h"
#include "apical/report/drawing/circuit_drawing.h"
#include "apical/run/protocol_record.h"
#include "apical/run/recorded_activity.h"
#include "apical/run/recorded_variables.h"

namespace apical {

/// A title and what stands behind it.
using Paragraphs = std::vector<std::pair<std::string, std::string>>;

/// What a model took to learn; NaN where a figure is unknown.
struct LearningCost {
  double samples_to_95 = 0, seconds_per_epoch = 0;
  double synaptic_events = 0, weight_reads = 0, weight_writes = 0;  ///< per training sample
};

/// PNG in base64, the first test samples side by side.
struct PictureRows {
  std::string targets, outputs;
};

struct RunData {
  std::string label;  ///< unique in the report
  std::string model;  ///< the recipe's name
  std::string citation = {};
  bool reference = false;  ///< the model that others are compared with, at most one (backpropagation)
  std::vector<Measurement> measured = {};  ///< in order of epoch
  std::size_t seeds = 0;                   ///< that were run, also where nothing is measured over epochs
  std::string x_label = "epoch";           ///< what axes of training count
  double x_per_epoch = 1;
  std::optional<double> solved = {};  ///< mean return of the last training episodes that counts as solved
  std::vector<std::pair<double, double>> epoch_seconds = {};  ///< epoch, seconds that it took to learn
  double training_samples = 0;                                ///< in an epoch; 0 if unknown
  double wall_seconds = 0;                                    ///< of all seeds together; 0 if unknown
  std::optional<LearningCost> cost = {};
  std::vector<Ingredient> needs = {};
  std::vector<Message> warnings = {};          ///< `who` is a part of the run, or empty
  Display display = {};                        ///< what the run wants to be shown
  std::vector<SeedResults> activity = {};      ///< over time, and curves of weight change
  std::vector<RecordedTrace> recordings = {};  ///< variables that were asked for
  std::uint32_t raster_neurons = 0;            ///< of each population, in rasters
  std::vector<DrivePiece> drives = {};         ///< currents from outside, beside rasters
  std::optional<DrawnCircuit> circuit = {};
  std::optional<PictureRows> pictures = {};

  std::string task = {}, task_description = {}, task_citation = {};
  std::string data_provenance = {};  ///< how its data differ from those published; empty: they do not
  Paragraphs method = {};            ///< how it was measured
  std::string seed_draws = {};       ///< what differs between seeds, where that needs saying
  Paragraphs provenance = {};        ///< program, machine, time
  std::string experiment_toml = {};
};

/// Where a run stands in a sweep.
struct SweptRun {
  std::string label;  ///< of the run
  std::string axis;   ///< what is swept
  double at = 0;
  bool logarithmic = false;
  std::string series = {};  ///< runs that are joined by a line
};

/// Runs over two keys that vary and nothing else.
struct RunGrid {
  struct Place {
    std::string label;  ///< of the run
    double x = 0, y = 0;
  };
  std::string x_axis, y_axis;
  std::vector<Place> places = {};
};

/// A statistic over seeds beside the figure it was expected to meet.
struct ExpectedFigure {
  std::string subject, measured, expected, because, source;
  std::string verdict = {};  ///< reproduced, undecided or deviates
  std::string origin = {};   ///< program, paper, law or hypothesis; empty: of a version that did not ask
  std::string widened = {};  ///< the evidence for a range that was widened after a look
};

struct ReportData {
  std::string title;
  std::string description = {};  ///< the author's own words
  std::string question = {};     ///< of a protocol
  std::vector<RunData> runs = {};
  std::vector<SweptRun> sweep = {};
  std::optional<RunGrid> grid = {};
  bool is_swept() const { return !sweep.empty() || grid; }  ///< runs are read together, not one by one
  /// Of so many runs each has figures of its own alone in its own report.
  bool is_long() const { return runs.size() > 24; }
  std::string reproduces = {};  ///< "Max et al. 2026, Fig. 2b"
  std::vector<ExpectedFigure> expectations = {};
  std::optional<ProtocolRecord> protocol = {};
};

}  // namespace apical
