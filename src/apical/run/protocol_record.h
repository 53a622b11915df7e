// SPDX-License-Identifier: Apache-2.0
// What a protocol found, as values: averages over trials and contrasts between conditions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apical/analysis/interval.h"
#include "apical/core/matrix.h"
#include "apical/io/file.h"

namespace apical {

/// A measure under one condition, averaged over trials.
struct Trace {
  std::string measure, condition;
  std::size_t epochs = 0;             ///< trained before
  Matrix<double> mean;                ///< seeds x times
  std::vector<Matrix<double>> units;  ///< one per seed, times x neurons; empty if none are kept
};

/// A condition against the control, in the mean over a measure's window or in "loss" or "accuracy" of the
/// test split.
struct Contrast {
  std::string measure, condition;
  std::size_t epochs = 0;
  std::vector<double> control, value;  ///< by seed
  ValueRange possible = {};            ///< what it can be, by the catalogue or the course

  MeanInterval control_interval() const;
  MeanInterval value_interval() const;
  /// value - control, paired by seed.
  MeanInterval difference() const;
  /// The interval of the difference leaves 0 out.
  bool is_distinct() const;

 private:
  MeanInterval interval_of(const std::vector<double>& seeds) const;
};

struct ModelOutcome {
  std::string label;
  std::vector<Trace> traces;
  std::vector<Contrast> contrasts;
  double wall_seconds = 0;
};

struct ProtocolResult {
  bool stopped = false;         ///< on request
  std::vector<double> time_ms;  ///< of the columns of traces
  std::vector<ModelOutcome> models;
  std::vector<std::string> notes;  ///< on the runs of models, each with its label
};

/// A protocol's results as its files tell them.
struct ProtocolRecord {
  struct MeasureWords {
    std::string model, name, variable;
    bool magnitude = false;  ///< of absolute values
    std::vector<std::string> populations;
    double from_ms = 0, until_ms = 0;  ///< where conditions are compared
  };
  std::string control;
  std::vector<std::string> conditions;
  std::vector<std::uint64_t> seeds;
  std::vector<MeasureWords> measures = {};
  ProtocolResult result = {};  ///< traces without single neurons
};
/// Whether the directory holds such results.
bool has_protocol(const io::Path& directory);
/// IoError or DataError if it does not.
ProtocolRecord read_protocol_record(const io::Path& directory);

}  // namespace apical
