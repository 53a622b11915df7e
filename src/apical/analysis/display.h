// SPDX-License-Identifier: Apache-2.0
// What a run wants to be shown of its measures, as values: which of them answer its question, and which are
// drawn together. A run leaves it in its manifest; tables and reports arrange measures by it and know nothing
// else of what ran.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apical/analysis/metrics.h"

namespace apical {

struct Display {
  /// A measure that answers the question of the run.
  struct Headline {
    std::string metric;  ///< at "test"
    std::string text, unit;
  };
  /// Measures over epochs or phases, one line each.
  struct Figure {
    struct Line {
      std::string label, metric;
    };
    std::string title, caption, x_label, y_label;
    std::string where;  ///< "train", "test", "phase"
    std::vector<Line> lines;
    std::optional<double> reference = {};
    std::string reference_label = {};
  };
  /// Measures side by side, each seed a dot.
  struct Dots {
    struct Row {
      std::string label, metric;
      bool first = false;  ///< the first time it was measured instead of the last
    };
    std::string title, caption, x_label;
    std::vector<Row> rows;
  };

  std::vector<Headline> headlines = {};
  std::vector<Dots> dots = {};
  std::vector<Figure> figures = {};
  std::string curve_x = {};   ///< of curves of weight change
  std::string activity = {};  ///< what a reader of activity over time should know, in a sentence
  /// What measures of this run can be, by name, where the catalogue does not know: counts of what there is.
  std::map<std::string, ValueRange> ranges = {};
};

/// The metric of a name (metrics.h) with what its values can be in a run.
Metric metric_in(const Display& display, std::string_view name);

nlohmann::json range_json(const ValueRange& range);
ValueRange read_range(const nlohmann::json& json);
nlohmann::json display_json(const Display& display);
/// \throws nlohmann::json::exception if it is not one.
Display read_display(const nlohmann::json& json);

}  // namespace apical
