// SPDX-License-Identifier: Apache-2.0
// The catalogue of metrics: what a name in a row of measurements means, once. Tables, summaries, plots and
// expectations work for a metric from this entry alone; to add a metric, measure it and add its line here.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace apical {

enum class Better { higher, lower, neither };

/// How values of several seeds become one figure, with its 95 % interval.
enum class OverSeeds {
  mean,
  median,           ///< of counts
  mean_and_median,  ///< of what may be spread over decades: both say something
  median_of_some    ///< of the seeds that have a finite value; the others never got there
};

/// Where it is measured, which says what may stand as `where` of its rows.
enum class MeasuredIn { split, area };

struct Metric {
  std::string name;       ///< in rows; a "*" stands for a part that depends on the circuit: "event_Hz_*"
  std::string words;      ///< in tables and sentences: "accuracy", "angle to the gradient"
  std::string unit = {};  ///< "°", "Hz", "mV"; empty: a pure number
  std::string axis = {};  ///< label of an axis; derived from words and unit if empty
  Better better = Better::neither;
  OverSeeds over_seeds = OverSeeds::mean;
  std::optional<double> low = {}, high = {};  ///< bounds, if it has any
  double shown_times = 1;                     ///< factor in tables and plots: 100 for percent
  std::string digits = "{:.3g}";              ///< how numbers are written in tables
  bool headline = false;                      ///< one of the figures by which models are compared
  bool headline_of_training = false;          ///< also where training itself measures it
  MeasuredIn in = MeasuredIn::split;
  std::string quantity = {};           ///< name in [[expect]] of what is measured in areas; empty: as `name`
  std::string caption = {};            ///< a sentence below a figure
  std::optional<double> trivial = {};  ///< value at which a figure says nothing, as under backpropagation
};

/// The entry of a name: its own, else the first pattern that matches; otherwise one made of the name itself,
/// so that whatever is measured can be shown.
Metric metric_of(std::string_view name);
/// nullptr unless the catalogue has an entry or a pattern for it.
const Metric* find_metric(std::string_view name);
/// The entry of something measured in areas by the name that [[expect]] uses: "angle", "feedback_angle".
const Metric* find_area_quantity(std::string_view quantity);

/// All entries, in the order in which tables show them.
std::span<const Metric> metrics();

/// What stands beside an axis: "accuracy (%)".
std::string axis_of(const Metric& metric);

}  // namespace apical
