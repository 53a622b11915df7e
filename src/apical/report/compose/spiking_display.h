// SPDX-License-Identifier: Apache-2.0
// What is shown of a spiking experiment, as values: its headline measures, and the figures that are drawn of
// its measures.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apical/models/spiking_models.h"

namespace apical {

struct Headline {
  std::string metric;  ///< of split "test"
  std::string text, unit;
};

/// Measures over epochs or phases, one line each.
struct MeasureFigure {
  struct Line {
    std::string label, metric;
  };
  std::string title, caption, x_label, y_label;
  std::string split;
  std::vector<Line> lines;
  std::optional<double> reference;
  std::string reference_label;
};

/// Measures side by side, each seed a dot.
struct MeasureDots {
  struct Row {
    std::string label, metric;
    bool first = false;  ///< the first time it was measured instead of the last
  };
  std::string title, caption, x_label;
  std::vector<Row> rows;
};

struct SpikingDisplay {
  std::vector<Headline> headlines;
  std::vector<MeasureDots> dots;
  std::vector<MeasureFigure> figures;
  std::string curve_x;   ///< of pairing curves
  std::string activity;  ///< what a reader of activity over time should know, in a sentence
  std::string course;    ///< what was done, in sentences
};

SpikingDisplay display_of(const models::SpikingOptions& options, std::size_t epochs);

}  // namespace apical
