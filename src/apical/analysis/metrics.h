// SPDX-License-Identifier: Apache-2.0
// The catalogue of metrics: what a name in a row of measurements means, once. Tables, summaries, plots,
// sentences and expectations work for a metric from its row alone; to add a metric, measure it and add its
// row.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apical/analysis/interval.h"

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

/// Which tasks measure it by themselves: known before a run, so that an expectation about anything else is
/// refused then.
enum class OfTasks {
  none,  ///< other things tell: parts of a circuit, courses, areas
  all,
  with_loss,  ///< those that have targets
  that_classify,
  that_steer,
  that_reward
};

/// How many digits of a figure are shown, and those of its interval.
struct Digits {
  enum class Kind {
    significant,  ///< three: "0.124", "1.2e-05"
    powers,       ///< three, small and large ones with a power of ten that the interval shares
    decimals      ///< as many as the interval supports, from `fewest` to `most`
  };
  Kind kind = Kind::significant;
  int fewest = 0, most = 0;
};
constexpr Digits decimals(int fewest, int most) { return {Digits::Kind::decimals, fewest, most}; }

struct Metric {
  std::string name;       ///< in rows; a "*" stands for a part that depends on the circuit: "event_Hz_*"
  std::string words;      ///< in tables and sentences: "accuracy", "angle to the gradient"
  std::string unit = {};  ///< "°", "Hz", "mV"; empty: a pure number
  std::string axis = {};  ///< label of an axis; derived from words and unit if empty
  Better better = Better::neither;
  OverSeeds over_seeds = OverSeeds::mean;
  std::optional<double> low = {}, high = {};  ///< bounds, if it has any: no interval leaves them
  double shown_times = 1;                     ///< factor in tables and plots: 100 for percent
  Digits digits = {};
  /// Where it is one of the figures by which models are compared: splits, or the area "total". A page shows
  /// the last of them.
  std::vector<std::string> headline_at = {};
  MeasuredIn in = MeasuredIn::split;
  OfTasks of_tasks = OfTasks::none;
  bool at_evaluations = true, while_training = false;  ///< in which splits, if tasks measure it
  std::string quantity = {};           ///< name in [[expect]] of what is measured in areas; empty: as `name`
  std::string caption = {};            ///< a sentence below a figure
  std::optional<double> trivial = {};  ///< value at which a figure says nothing, as under backpropagation
  /// Of seeds and epochs they can lie decades apart: axes are logarithmic, models are compared by ratios.
  bool spans_decades = false;
  bool drawn = true;             ///< over training, in a panel of its own
  bool always_there = false;     ///< a seed without a finite value is lost, which reports warn of
  std::string missing = {};      ///< why a seed may have no value (NaN); empty: it has one, or it is a fault
  std::string in_training = {};  ///< words for what training itself shows; empty: "train " and `words`
  /// In the summary of a report, with {label} of the run, {where} it was measured, {value}, {bounds} or a
  /// {spread} in words, and {goal}; empty: "{label}: {words} in the {where} {value}{spread}".
  std::string sentence = {};
  std::string followed_by = {};  ///< the metric whose sentence goes on where this one ends
  std::string teacher = {};  ///< the metric of what a teacher did from the same starts: a line in the figure
  std::string line = {};     ///< of such a metric: what that line means, with {value}
  std::string goal =
      {};  ///< where tasks have a goal in it: what that means, with {value}; empty: they have not

  bool in_percent() const { return shown_times == 100; }
  bool is_headline() const { return !headline_at.empty(); }
  ValueRange range() const { return {low, high}; }
};

/// The entry of a name: its own, else the first pattern that matches; otherwise one made of the name itself,
/// so that whatever is measured can be shown.
Metric metric_of(std::string_view name);
/// Whether a value says something, or why there is none: NaN of what may be missing, and of names that the
/// catalogue does not know. Anything else that is not finite is a numerical fault.
bool is_measured_or_missing(const Metric& metric, double value);
/// nullptr unless the catalogue has an entry or a pattern for it.
const Metric* find_metric(std::string_view name);
/// The entry of something measured in areas by the name that [[expect]] uses: "angle", "feedback_angle".
const Metric* find_area_quantity(std::string_view quantity);

/// All entries, in the order in which tables show them.
std::span<const Metric> metrics();

/// Whether something was measured at a place.
using MeasuredAt = std::function<bool(const Metric& metric, const std::string& where)>;
/// The headlines that were measured. Where nothing was tested the last validation speaks: those of splits,
/// with that as their place.
std::vector<Metric> headlines(const MeasuredAt& is_measured);

/// "test accuracy", "angle to the gradient" of all areas; of training, what it shows by itself has words of
/// its own.
std::string words_at(const Metric& metric, std::string_view where);
/// What stands beside an axis: "accuracy (%)".
std::string axis_of(const Metric& metric);

/// The figure of a metric over seeds, everywhere: the mean of the values and its 95 % interval within the
/// bounds of the metric. n = 0 if one of them is not finite: a mean over the others would flatter.
MeanInterval over_seeds(const Metric& metric, std::span<const double> values);

}  // namespace apical
