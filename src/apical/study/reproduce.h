// SPDX-License-Identifier: Apache-2.0
// Does an experiment show what it is expected to show, and does a run give the same bits again?
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apical/analysis/curves.h"
#include "apical/analysis/display.h"
#include "apical/analysis/measurement.h"
#include "apical/analysis/statistics.h"
#include "apical/experiment/expectation.h"
#include "apical/study/compare.h"

namespace apical {

/// An expectation and what came out.
struct Outcome {
  enum class Verdict {
    reproduced,  ///< the whole interval lies within the expected range
    undecided,   ///< a part of it does: more seeds are needed. Also too few for an interval, one of them
                 ///< within
    deviates,    ///< none of it does, or a seed's value is not finite
  };
  Expectation expected;
  std::vector<SeedValue> seeds;    ///< the quantity of every seed; not finite where it is not
  std::optional<double> measured;  ///< the statistic; nothing if a seed's value is not finite
  std::optional<Interval>
      interval;  ///< 95 %, over seeds: mean_interval() for means, median_interval(), wilson_interval()
  /// The smallest and the largest of the seeds that were run are decided by themselves, laws by every seed.
  Verdict verdict = Verdict::deviates;
  std::string measured_text() const;  ///< "0.031 [0.025, 0.04]"
  std::string text() const;  ///< "median test loss …: 0.031 [0.025, 0.04] over 20 seeds; expected 0.032
                             ///< within a factor of 2"
};

template <>
inline constexpr std::array<std::string_view, 3> kNames<Outcome::Verdict>{"reproduced", "undecided",
                                                                          "deviates"};

/// "7 of 9 reproduced, 1 undecided, 1 deviates", and the same for each origin if there are several.
std::string tally_of(std::span<const Outcome> outcomes);

/// By label of the variant.
using MeasurementsByVariant = std::map<std::string, std::vector<Measurement>, std::less<>>;

/// DataError if a quantity was not measured. `display` knows what it can be in that variant's run.
Outcome evaluate(const Expectation& expectation, const MeasurementsByVariant& measured,
                 const Display& display = {});

struct ReproductionResult {
  Reproduction claim;
  ComparisonResult comparison;
  std::vector<Outcome> outcomes;     ///< empty if the comparison was stopped
  Outcome::Verdict verdict() const;  ///< the worst of all; deviates if there is none
};

/// Runs every variant into `options.directory`, evaluates the expectations, and writes reproduction.json and
/// the report. ConfigError if the file expects nothing.
ReproductionResult reproduce(const TomlDocument& document, const ComparisonOptions& options,
                             const Resources& resources, const std::atomic<bool>& stop);

/// An experiment that comes with Apical and says what it reproduces.
struct ShippedFigure {
  std::string name;  ///< "max2026/figure-2b": its path in the experiments folder without ".toml"
  io::Path file;
  Reproduction claim;
};
/// Those in the folder `experiments` and below it, in order of name.
std::vector<ShippedFigure> shipped_figures(const io::Path& experiments);

/// The first number in which two runs of one experiment differ.
struct Difference {
  Measurement measured;               ///< its epoch, place, metric and seed; the value is that of one of them
  std::optional<double> before, now;  ///< nothing where one run did not measure it
};
struct RepeatResult {
  bool stopped = false;        ///< on request
  bool has_checkpoint = true;  ///< if stopped: to go on from
  std::string label;
  std::size_t compared = 0;              ///< numbers of metrics.ndjson
  std::optional<Difference> difference;  ///< by epoch
  bool same_state = false;  ///< the last checkpoints hold the same bits: weights, potentials, everything
  std::vector<std::string> differing_conditions;  ///< "revision: a then, b now": what may explain it
  bool identical() const { return !difference && same_state; }
  std::string text() const;  ///< "identical bits: …" or "differs at epoch 3 in validation loss of seed 2: …"
};

std::optional<Difference> first_difference(const std::vector<Measurement>& before,
                                           const std::vector<Measurement>& now);

/// Runs the experiment of a finished run directory again into `options.directory` and compares. DataError if
/// `run` is no finished run, or if the data are not those it had.
RepeatResult repeat_run(const io::Path& run, const RunOptions& options, const Resources& resources,
                        const std::atomic<bool>& stop);

}  // namespace apical
