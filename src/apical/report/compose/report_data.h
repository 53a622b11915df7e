// SPDX-License-Identifier: Apache-2.0
// What a report is made of: plain values, filled from one run or from a comparison. Means, intervals, gaps
// and words are derived from the seeds' values when the page is rendered, so a report cannot contradict its
// run.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apical/analysis/curves.h"
#include "apical/report/drawing/circuit_drawing.h"

namespace apical {

struct MetricCurves {
  std::string metric;  ///< "accuracy" (fraction 0 … 1), "loss", "return"; other metrics are plotted too
  std::string split;   ///< "train", "validation", "test"
  std::vector<SeedCurve> seeds = {};
};

/// Angle in degrees between the credit a model assigns and the exact negative gradient.
struct AlignmentCurves {
  std::string area;  ///< "v1", …, or "total" over all areas
  std::vector<SeedCurve> seeds = {};
};

/// One ingredient of credit assignment, as derived from the circuit.
struct Need {
  std::string ingredient;  ///< "weight transport", "phases", "signed rates", "non-local terms"
  std::string answer;      ///< "no", or what of it is needed
  std::string reason;
  bool needed() const { return answer.rfind("no", 0) != 0; }
};

/// What a model took to learn; NaN where a figure is unknown.
struct LearningCost {
  double samples_to_95 = 0, seconds_per_epoch = 0;
  double synaptic_events = 0, weight_reads = 0, weight_writes = 0;  ///< per training sample
};

struct ModelResult {
  std::string label;  ///< unique in the report
  std::string model;  ///< the recipe's name
  std::string citation = {};
  bool reference = false;  ///< the model that others are compared with, at most one (backpropagation)
  std::vector<MetricCurves> metrics = {};
  std::vector<AlignmentCurves> alignment = {};
  std::vector<SeedValue> test_accuracy = {},
                         test_loss = {};  ///< of the state that the evaluation procedure chooses
  std::vector<SeedValue> test_falls = {},
                         teacher_falls = {};  ///< of a plant that the model and its teacher steered
  std::vector<SeedValue> test_return = {};    ///< of an environment, mean over test episodes
  std::vector<SeedValue> steps_to_solve =
      {};                   ///< environment steps until training counted as solved; NaN: never
  double wall_seconds = 0;  ///< of all seeds together; 0 if unknown
  std::optional<LearningCost> cost = {};
  std::vector<Need> needs = {};
  std::vector<std::string> warnings = {};
};

/// A line plot over something else than training.
struct FigureExtra {
  struct Series {
    std::string label;
    std::vector<SeedCurve> seeds;
  };
  std::string title, x_label, y_label;
  std::string caption = {};
  bool log_y = false;
  std::vector<Series> series = {};
  bool log_x = false, percent = false;
  std::vector<double> x_ticks = {};  ///< instead of ticks of our choice
};

/// A statistic over seeds beside the figure it was expected to meet.
struct ExpectedFigure {
  std::string subject, measured, expected, because, source;
  bool reproduced = false;
};

/// Pictures in a row, as a PNG.
struct PictureRow {
  std::string label;
  std::string png_base64;
};

struct ReportData {
  std::string title;
  std::string summary = {};  ///< the author's own sentence, before the one made of the numbers
  std::string task = {}, task_description = {};
  std::vector<std::string> data_provenance =
      {};  ///< how the runs' data differ from those published; empty: they do not
  std::string evaluation =
      {};  ///< which state was tested, on how many samples, with plasticity and noise on or off
  std::string x_label = "epoch";
  std::optional<double> solved = {};  ///< mean return of the last training episodes that counts as solved
  std::vector<ModelResult> models = {};
  std::vector<DrawnCircuit> circuits = {};
  std::string experiment_toml = {};
  std::vector<std::pair<std::string, std::string>> provenance = {};
  std::vector<std::string> citations = {};
  std::vector<FigureExtra> areas = {};  ///< what was measured in each area beside the angle
  std::vector<FigureExtra> sweep = {};  ///< final figures over what was swept
  std::vector<FigureExtra> extras = {};
  std::vector<PictureRow> pictures = {};
  std::string reproduces = {};  ///< "Max et al. 2026, Fig. 2b"
  std::vector<ExpectedFigure> expectations = {};
};

}  // namespace apical
