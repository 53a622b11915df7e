// SPDX-License-Identifier: Apache-2.0
// Does an experiment show what it is expected to show, and does a run give the same bits again?
#pragma once

#include <map>
#include <optional>
#include <string>
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
  Expectation expected;
  std::vector<SeedValue> seeds;    ///< the quantity of every seed; not finite where it is not
  std::optional<double> measured;  ///< the statistic; nothing if a seed's value is not finite
  std::optional<Interval>
      interval;  ///< 95 %, over seeds: mean_interval() for means, bootstrap for medians, Wilson for fractions
  bool reproduced = false;            ///< measured lies within [expected.low, expected.high]
  std::string measured_text() const;  ///< "0.031 [0.025, 0.04]"
  std::string text() const;  ///< "median test loss …: 0.031 [0.025, 0.04] over 20 seeds; expected 0.032
                             ///< within a factor of 2"
};

/// By label of the variant.
using MeasurementsByVariant = std::map<std::string, std::vector<Measurement>, std::less<>>;

/// DataError if a quantity was not measured. `display` knows what it can be in that variant's run.
Outcome evaluate(const Expectation& expectation, const MeasurementsByVariant& measured,
                 const Display& display = {});

struct ReproductionResult {
  Reproduction claim;
  ComparisonResult comparison;
  std::vector<Outcome> outcomes;  ///< empty if the comparison was stopped
  bool reproduced() const;
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
