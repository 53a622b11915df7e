// SPDX-License-Identifier: Apache-2.0
// In-silico experiments: what an experimenter would do to a trained circuit and record from it, and where the
// predictions of several models part. A protocol is an experiment file with [protocol], [[condition]] and
// [[measure]] tables; each [[variant]] is one model.
#pragma once

#include <string>
#include <vector>

#include "apical/experiment/experiment.h"
#include "apical/learning/trial.h"

namespace apical {

/// What is done to the circuit, and when.
struct Condition {
  enum class During {
    probe,     ///< in trials and tests of the intact, trained circuit
    training,  ///< while it learns; trials and tests are undisturbed
    both,
  };
  std::string name;
  During during = During::probe;
  std::vector<rate::Perturbation> perturbations = {};
  std::vector<TargetMismatch> mismatches = {};
  std::vector<std::string> cut = {};  ///< projections of a spiking circuit that transmit nothing
  bool in_training() const { return during != During::probe; }
  bool in_probe() const { return during != During::training; }
};
template <>
inline constexpr std::array<std::string_view, 3> kNames<Condition::During>{"probe", "training", "both"};

/// One number per step: a variable of the neurons of one or several populations, averaged over them.
struct Measure {
  enum class Reduce {
    mean,       ///< of the values
    magnitude,  ///< of their absolute values: for signed error codes, whose mean cancels
  };
  std::string name;
  std::vector<PopulationId> populations = {};  ///< empty: this model has none of them
  std::string variable;
  Reduce reduce = Reduce::mean;
  std::vector<std::uint32_t> units = {};  ///< of each population; empty: all
  std::size_t single_units = 0;           ///< so many neurons of the first population are kept one by one
  double from_ms = 0, until_ms = 0;       ///< where conditions are compared
};
template <>
inline constexpr std::array<std::string_view, 2> kNames<Measure::Reduce>{"mean", "magnitude"};

/// Times count from the onset of the stimulus.
struct Protocol {
  std::string question;
  std::vector<std::size_t> epochs;  ///< states that are probed, 0: before learning
  std::string control;              ///< the condition that others are compared with
  bool learning = false;            ///< plasticity in trials
  bool evaluate = false;            ///< compares loss and accuracy on the test split, too
  SplitName split = SplitName::test;
  std::size_t samples = 0, repeats = 1;
  double blank_ms = 0, presentation_ms = 0;
  bool shows_target = true;
  double target_onset_ms = 0;
  double from_ms = 0, until_ms = 0, every_ms = 0;  ///< what is kept of each trial
  double dt_ms = 0;                                ///< of what is kept of trials; 0: no trials are shown
  std::vector<Condition> conditions;
  std::vector<Measure> measures;
  /// Of the tests of a course: names or patterns of what conditions are compared in.
  std::vector<std::string> metrics = {};

  const Condition& control_condition() const;
  Trial trial(double step_ms) const;
};

struct ProbedModel {
  Experiment experiment;
  Protocol protocol;
};

/// One per [[variant]], or the only one. ConfigError with file, line and column.
std::vector<ProbedModel> read_protocol(const TomlDocument& document);

}  // namespace apical
